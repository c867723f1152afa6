/* SPDX-License-Identifier: MIT */
/* What no tape may hold is overwritten, and what is read of the rest stays the same. */
#include "user/http/redact.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "user/http/url.h"

static const struct {
    const char *given;
    const char *expected;
} rows[] = {
    {"GET /a?b=c&token=d HTTP/1.1\r\nHost: a:80\r\nCookie: s=1\r\nExpect: 100-continue\r\n\r\n",
     "GET /a?b=c&token=x HTTP/1.1\r\nHost: a:80\r\nCookie: xxx\r\nExpect: 100-continue\r\n\r\n"},
    {"GET http://me:pw@a:1/x;jsessionid=12?sig=3#f HTTP/1.1\nHost: me:pw@a\n\n",
     "GET http://xxxxx@a:1/x;jsessionid=xx?sig=x#x HTTP/1.1\nHost: xxxxx@a\n\n"},
    {"GET http://me:pw/x@a/ HTTP/1.1\n\n", "GET http://me:xx/x@a/ HTTP/1.1\n\n"},
    {"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\n\r\n",
     "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nxxxxxGET / HTTP/1.1\r\n\r\n"},
    {"HTTP/1.1 103 E\r\nLink: l\r\n\r\nHTTP/1.1 200 OK\r\nSet-Cookie: s\r\n\r\nbody\r\nHost: a",
     "HTTP/1.1 103 E\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nSet-Cookie: x\r\n\r\nxxxx\r\nxxxxxxx"},
    {"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5;e=1\r\nhello\r\n0\r\nT: 1\r\n\r\n",
     "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5xxxx\r\nxxxxx\r\n0\r\nxxxx\r\n\r\n"},
    {"GET / HTTP/1.1\r\nAuthorization: abc", "GET / HTTP/1.1\r\nAuthorization: xxx"},
    {"GET /?token=abc", "GET /?token=xxx"},
    /* pieces that begin anywhere */
    {"ecret\r\nContent-Length: 3\r\nCookie: a\r\n\r\nabc",
     "xxxxx\r\nContent-Length: 3\r\nxxxxxxxxx\r\n\r\nxxx"},
    {"5\r\nhello\r\n0\r\n\r\n", "5\r\nxxxxx\r\n0\r\n\r\n"},
    {"tail\nHTTP/1.1 200 OK\r\nX: y\r\n\r\n", "xxxx\nHTTP/1.1 200 OK\r\nX: x\r\n\r\n"},
    {"some text", "xxxxxxxxx"},
    {"", ""},
};

static char *redacted(const char *given)
{
    size_t length = strlen(given);
    char *text = malloc(length + 1);

    memcpy(text, given, length + 1);
    cs_http_redact((uint8_t *)text, length);
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

Test(redact, changes_nothing_that_a_url_shows)
{
    static const char *const targets[] = {
        "/a?token=1&b=2",           "http://me:pw@Host:1/?x",      "http://me:pw/x@h/",
        "http://[2001:db8::1]:80/", "http://a:b@[::1]:1/;sid=2#f",
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
