/* SPDX-License-Identifier: MIT */
/* What no tape may hold is overwritten, and what is read of the rest stays the same. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/http_talk.h"

#define HIDDEN4 "\032\032\032\032"

static const struct {
    const char *given;
    const char *expected;
} rows[] = {
    {"GET /a?b=c&token=d HTTP/1.1\r\nHost: a:80\r\nCookie: s=1\r\nExpect: 100-continue\r\n\r\n",
     "GET /a?b=c&token=x HTTP/1.1\r\nHost: a:80\r\nCookie: xxx\r\nExpect: 100-continue\r\n\r\n"},
    {"GET http://me:pw@a:1/x;jsessionid=12?sig=3#f HTTP/1.1\nHost: me:pw@a\n\n",
     "GET http://xxxxx@a:1/x;jsessionid=xx?sig=x#x HTTP/1.1\nHost: xxxxx@a\n\n"},
    {"GET http://me:pw/x@a/ HTTP/1.1\n\n", "GET http://xxxxxxx@a/ HTTP/1.1\n\n"},
    {"GET http://me:pw/xa", "GET http://" HIDDEN4 HIDDEN4},
    {"GET /a?b=http://u:S@h/c?token=T&d=/e?code=/f HTTP/1.1\n\n",
     "GET /a?b=http://xxx@h/c?token=x&d=/e?code=xx HTTP/1.1\n\n"},
    {"GET http://a:1pw/x@a/ HTTP/1.1\n\n", "GET http://xxxxxxx@a/ HTTP/1.1\n\n"},
    {"GET alice:123456", "GET " HIDDEN4 HIDDEN4 HIDDEN4},
    {"GET http://alice:123456", "GET http://" HIDDEN4 HIDDEN4 HIDDEN4},
    {"GET htt", "GET htt"},
    {"GET HTTPS:/", "GET HTTPS:/"},
    {"GET ftp:", "GET " HIDDEN4},
    {"GET http:/u:S@h/ HTTP/1.1\n\n", "GET http:/xxx@h/ HTTP/1.1\n\n"},
    {"GET /a/http:/u:S@h/ HTTP/1.1\n\n", "GET /a/http:/xxx@h/ HTTP/1.1\n\n"},
    {"GET /a/http:/u:S", "GET /a/http:/\032\032\032"},
    {"GET http:/u:S", "GET http:/\032\032\032"},
    {"GET /a?b=//alic", "GET /a?b=//" HIDDEN4},
    {"CONNECT me:pw@a:1 HTTP/1.1\n\n", "CONNECT xxxxx@a:1 HTTP/1.1\n\n"},
    {"CONNECT m#?token=e@a:1 HTTP/1.1\n\n", "CONNECT xxxxxxxxxx@a:1 HTTP/1.1\n\n"},
    {"CONNECT me/pw@a:1 HTTP/1.1\n\n", "CONNECT xxxxxxxxx HTTP/1.1\n\n"},
    {"GET a?token=b://c/ HTTP/1.1\n\n", "GET a?token=xxxxxx HTTP/1.1\n\n"},
    {"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\n\r\n",
     "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nxxxxxGET / HTTP/1.1\r\n\r\n"},
    {"POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n5;e=1\r\nhello\r\n0\r\nT: 1\r\n\r\nGET ",
     "POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n5;xxx\r\nxxxxxxx0\r\nxxxx\r\n\r\nGET "},
    {"POST / HTTP/1.1\nTransfer-Encoding: chunked\n\nhello",
     "POST / HTTP/1.1\nTransfer-Encoding: chunked\n\nxxxxx"},
    {"GET / HTTP/1.1\r\nAuthorization: abc", "GET / HTTP/1.1\r\nAuthorization: xxx"},
    {"GET /?token=abc", "GET /?token=xxx"},
    {"GET / HTTP/1.1\r\nConnec", "GET / HTTP/1.1\r\nConnec"},
    {"GET / HTTP/1.1\r\nConnected", "GET / HTTP/1.1\r\nxxxxxxxxx"},
    {"GET / HTTP/1.1\nHost: a", "GET / HTTP/1.1\nHost: \032"},
    {"GET / HTTP/1.1\nHost", "GET / HTTP/1.1\nHost"},
    {"GET http://a\032b/c\032?d HTTP/1.1\n\n", "GET http://\032\032\032/" HIDDEN4 " HTTP/1.1\n\n"},
    {"GET / HTTP/1.1\nHost: a:1 \nCookie: b\n c: d\n\n",
     "GET / HTTP/1.1\nHost: a:1 \nCookie: x\nxxxxx\n\n"},
    {"GET / HTTP/1.1\nHost: a:b\nOrigin : c\n\n", "GET / HTTP/1.1\nHost: a:x\nxxxxxxxxxx\n\n"},
    {"GET / HTTP/1.1\nReferer: http://a:b@c:1/d?e\nReferer: f\nReferer: http://a",
     "GET / HTTP/1.1\nReferer: http://xxx@c:1xxxx\nReferer: x\nReferer: " HIDDEN4 HIDDEN4},
    {"GET / HTTP/1.1\nReferer: /a?b=c://d\nReferer: x-app://e/f\n\n",
     "GET / HTTP/1.1\nReferer: xxxxxxxxxx\nReferer: x-app://exx\n\n"},
    {"GET / HTTP/1.1\nOrigin: http://u:S@a:1\nOrigin: null\nOrigin: https://b\nOrigin: S\n\n",
     "GET / HTTP/1.1\nOrigin: http://xxx@a:1\nOrigin: null\nOrigin: https://b\nOrigin: x\n\n"},
    {"GET / HTTP/1.1\nOrigin: http://u:S", "GET / HTTP/1.1\nOrigin: " HIDDEN4 HIDDEN4 "\032\032"},
    {"GET / HTTP/1.1\nOrigin\nDate\n", "GET / HTTP/1.1\nxxxxxx\nxxxx\n"},
    {"GET / HTTX", "GET / HTTx"},
    {"\r\nGE", "\r\nGE"},
    {"GET / HTTP/1.1\n\n\r", "GET / HTTP/1.1\n\n\r"},
    {"\r\n!\r\n", "\r\nxxx"},
    {"POST ", "POST "},
    {"POT ", "xxxx"},
    {"some\ntext", "xxxxxxxxx"},
    {"", ""},
};

/* In a connection that has come so far. */
static char *redacted_in(const struct http_talk *talk, enum cs_direction direction,
                         const char *given)
{
    size_t length = strlen(given);
    char *text = malloc(length + 1);

    memcpy(text, given, length + 1);
    cs_http_redact(talk->http, direction, talk->next[direction], (uint8_t *)text, length);
    return text;
}

static char *redacted(const char *given)
{
    struct http_talk talk;
    char *text;

    http_talk_begin(&talk, CS_URL_PATH);
    text = redacted_in(&talk, CS_FROM_CLIENT, given);
    http_talk_end(&talk);
    return text;
}

Test(redact, keeps_what_entries_are_made_from)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *text = redacted(rows[i].given);

        cr_expect_str_eq(text, rows[i].expected, "row %zu: %s", i, text);
        free(text);
    }
}

#define GET  "GET / HTTP/1.1\n\n"
#define BODY "GET /q HTTP/1.1\nHost: b\n\n" /* 25 bytes, and what they are the place tells */
#define OK   "HTTP/1.1 200 OK\n"
#define NO   "HTTP/1.1 413 No\n"

static const struct {
    const char *before[4]; /* by turns, from the client's on */
    const char *given;
    const char *expected;
} dialogues[] = {
    {{"POST / HTTP/1.1\nContent-Length: 25\n\n", "HTTP/1.1 100 C\n\n"},
     BODY GET,
     "xxxxxxxxxxxxxxxxxxxxxxxxx" GET},
    {{"POST / HTTP/1.1\nContent-Length: 250\n\n", "HTTP/1.1 100 C\n\n"}, "a\nDate: b", "xxxxxxxxx"},
    {{"POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n", "HTTP/1.1 100 C\n\n"},
     "19\n" BODY "\r\n0\r\n\r\n" GET,
     "19\nxxxxxxxxxxxxxxxxxxxxxxxxxxx0\r\n\r\n" GET},
    {{"POST / HTTP/1.1\nExpect: 100-continue\nContent", "HTTP/1.1 100 C\n\n"},
     BODY,
     "xxxxxxxxxxxxxxxxxxxxxxxxx"},
    {{"POST / HTTP/1.1\nContent-Le", OK "Content-Length: 0\n\n"}, GET, GET},
    {{"POST / HTTP/1.1\nContent-Le", NO "Content-Length: 0\n\n"}, GET, "xxxxxxxxxxxxxxxx"},
    {{"POST / HTTP/1.1\nTransfer-Encoding: a\n\n", NO "Content-Length: 0\n\n", GET},
     OK "Set-Cookie: s\n\nb",
     OK "Set-Cookie: x\n\nx"},
    {{"GET / HTTP/1.1\nCookie", OK "Content-Length: 0\n\n"}, GET, GET},
    {{"some text"}, OK "\n", "xxxxxxxxxxxxxxxxx"},
    {{NULL}, GET, GET},
    {{GET},
     "HTTP/1.1 103 E\nLink: l\n\n" OK "Set-Cookie: s\n\nbo\ny",
     "HTTP/1.1 103 E\nLink: x\n\n" OK "Set-Cookie: x\n\nxxxx"},
    {{GET}, OK "Content-Length: 1\n\nb" OK "\n", OK "Content-Length: 1\n\nxxxxxxxxxxxxxxxxxx"},
    {{GET GET}, OK "Content-Length: 1\n\nb" OK "\nc", OK "Content-Length: 1\n\nx" OK "\nx"},
    {{"HEAD / HTTP/1.1\n\n" GET},
     OK "Content-Length: 9\n\n" OK "\nc",
     OK "Content-Length: 9\n\n" OK "\nx"},
    {{"CONNECT a:1 HTTP/1.1\n\n"}, OK "\n" OK "\n", OK "\nxxxxxxxxxxxxxxxxx"},
    {{GET},
     "HTTP/1.1 101 S\nUpgrade: a\n\n" OK "\n",
     "HTTP/1.1 101 S\nUpgrade: a\n\nxxxxxxxxxxxxxxxxx"},
    {{GET},
     OK "Timing-Allow-Origin: *, null,http://a:1 \t,http://u:S@b,S\n\n",
     OK "Timing-Allow-Origin: *, null,http://a:1 \t,http://xxx@b,x\n\n"},
    {{GET}, OK "Timing-Allow-Origin: * ", OK "Timing-Allow-Origin: * "},
    {{GET}, OK "Timing-Allow-Origin: *,a", OK "Timing-Allow-Origin: \032\032\032"},
    {{GET}, "\r\nHTTP/1.1 200 Secret", "\r\nHTTP/1.1 200 xxxxxx"},
    {{GET}, "HTTP/1.1 200 Secret", "HTTP/1.1 200 xxxxxx"},
    {{GET}, "HTTP/1.secret", "HTTP/1.xxxxxx"},
    {{GET}, "secret\n", "xxxxxxx"},
    {{GET, OK "\nbody"}, GET, GET},
    {{GET, OK "Content-Length: 18\n\nb", NULL, NULL}, "GET", "GET"},
};

Test(redact, knows_what_is_a_body)
{
    for (size_t i = 0; i < sizeof(dialogues) / sizeof(dialogues[0]); i++) {
        enum cs_direction direction = CS_FROM_CLIENT;
        struct http_talk talk;
        char *text;

        http_talk_begin(&talk, CS_URL_PATH);
        for (int turn = 0; dialogues[i].before[turn]; turn++) {
            http_say(&talk, direction,
                     (struct http_said){.packets = {{dialogues[i].before[turn],
                                                     strlen(dialogues[i].before[turn])}}});
            direction = !direction;
        }
        text = redacted_in(&talk, direction, dialogues[i].given);
        cr_expect_str_eq(text, dialogues[i].expected, "row %zu: %s", i, text);
        free(text);
        http_talk_end(&talk);
    }
}

Test(redact, knows_nothing_behind_a_gap_in_a_body)
{
    struct http_talk talk;
    char *text;

    http_talk_begin(&talk, CS_URL_PATH);
    http_client(&talk, "POST / HTTP/1.1\nContent-Length: 500\n\n");
    talk.next[CS_FROM_CLIENT]++;
    text = redacted_in(&talk, CS_FROM_CLIENT, GET);
    cr_expect_str_eq(text, "xxxxxxxxxxxxxxxx");
    free(text);
    http_server(&talk, OK "Content-Length: 0\n\n");
    text = redacted_in(&talk, CS_FROM_CLIENT, GET);
    cr_expect_str_eq(text, GET);
    free(text);
    http_talk_end(&talk);
}

Test(redact, changes_nothing_that_a_url_shows)
{
    static const char *const targets[] = {
        "/a?token=1&b=2",
        "http://me:pw@Host:1/?x",
        "http://me:pw/x@h/",
        "http://[2001:db8::1]:80/",
        "http://a:b@[::1]:1/;sid=2#f",
        "/a?b=//c:d@e/?code=f/g&h=http://i:j/",
        "/a;sid=1;b?pin=2;c/d?e&code=f",
        "//a:b@c/;sid=1&pin=2?x",
    };

    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        char line[128];
        char *text;
        struct cs_url before;
        struct cs_url after;

        strcat(strcat(strcpy(line, "GET "), targets[i]), " HTTP/1.1\r\n\r\n");
        text = redacted(line);
        cs_url_read_target(&before, targets[i], strlen(targets[i]), CS_URL_FULL);
        cs_url_read_target(&after, text + 4, strlen(targets[i]), CS_URL_FULL);
        cr_expect_str_eq(after.authority, before.authority);
        cr_expect_str_eq(after.path, before.path);
        free(text);
    }
}
