/* SPDX-License-Identifier: MIT */
/* Heads that come in two pieces, as a tape has them: each piece is redacted with what came before
 * it. They read as they do in one, or say what is left out. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/http_talk.h"

static const char *const requests[] = {
    "GET http://u:pw@h.example:8080/p?a=1&token=sec HTTP/1.1\r\nHost: u:pw@h.example:8080\r\n"
    "Referer: http://r.example/x?y\r\nContent-Length: 4\r\nCookie: a=b\r\n\r\nbody",
    "POST /p/q?b=http://u:p@v/w&c=d HTTP/1.1\nHost: h.example\nOrigin: http://o\nReferer: http://r/\n"
    "Transfer-Encoding: chunked\n\n5;e=1\r\nhello\r\n0\r\nT: v\r\n\r\n",
    "GET http://u:p/w@h.example/p HTTP/1.1\r\nHost: h.example\r\n\r\n",
    "GET /p;sid=1/q?b=//v.example/?c=d&e HTTP/1.0\nX: y\nHost: [2001:db8::1]:81\n\n",
};

static const char *const responses[] = {
    "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 206 Partial Content\r\n"
    "Content-Type: text/css\r\nTransfer-Encoding: chunked\r\nContent-Encoding: br\r\n"
    "Timing-Allow-Origin: *\r\n\r\n5;e=1\r\nhello\r\n0\r\nX-T: v\r\n\r\n",
    "\r\nHTTP/1.0 204\nContent-Type: a/b\n\n",
};

/* What is left of `said` if `length` bytes of it came first. */
static char *redacted(const struct http_talk *talk, enum cs_direction direction, const char *said,
                      size_t length)
{
    size_t whole = strlen(said);
    uint8_t *text = (uint8_t *)strdup(said);
    uint8_t *begin = (uint8_t *)strndup(said, length);

    cs_http_redact(talk->http, direction, talk->next[direction], begin, length);
    cs_http_redact(talk->http, direction, talk->next[direction], text, whole);
    memcpy(text, begin, length);
    free(begin);
    return (char *)text;
}

/* An exchange whose request, or whose response, came in two pieces, the first of `length` bytes. */
static struct cs_http_exchange read_pieces(const char *request, const char *response,
                                           enum cs_direction split, size_t length)
{
    struct cs_http_exchange exchange = {0};
    struct http_talk talk;
    char *text;

    http_talk_begin(&talk, CS_URL_FULL);
    text = split == CS_FROM_CLIENT ? redacted(&talk, split, request, length) : strdup(request);
    http_say(&talk, CS_FROM_CLIENT, (struct http_said){{{text, strlen(text)}}, 0});
    free(text);
    text = split == CS_FROM_SERVER ? redacted(&talk, split, response, length) : strdup(response);
    http_say(&talk, CS_FROM_SERVER, (struct http_said){{{text, strlen(text)}}, 0});
    free(text);
    cs_http_close(talk.http, CS_HTTP_ENDED_BY_SERVER, 0);
    cr_assert(cs_http_next(talk.http, &exchange), "%s, %zu bytes", request, length);
    cr_expect_eq(cs_http_facts(talk.http)->losses, 0);
    http_talk_end(&talk);
    return exchange;
}

/* `flags`: what may be in `got` alone. */
static void expect_same(const struct cs_http_exchange *got, const struct cs_http_exchange *whole,
                        uint32_t flags)
{
    cr_expect_eq(got->flags & ~flags, whole->flags, "flags %x", got->flags);
    cr_expect_eq(got->version, whole->version);
    cr_expect_eq(got->status, whole->status);
    cr_expect_str_eq(got->method, whole->method);
    cr_expect_str_eq(got->content_type, whole->content_type);
    cr_expect_str_eq(got->content_encoding, whole->content_encoding);
    cr_expect_eq(got->request_bytes, whole->request_bytes);
    cr_expect_eq(got->body_bytes, whole->body_bytes);
    cr_expect_eq(got->interim_ns, whole->interim_ns);
    cr_expect_eq(got->headers_ns, whole->headers_ns);
    cr_expect_eq(got->fetch.mode, whole->fetch.mode);
    cr_expect_str_eq(got->fetch.allow, whole->fetch.allow);
}

/* What is not told is flagged. */
static void expect_part(const char *got, const char *whole, const struct cs_http_exchange *exchange)
{
    bool is_left_out = !got[0] && exchange->flags & CS_HTTP_REQUEST_CUT;

    cr_expect(is_left_out || !strcmp(got, whole), "%s, not %s", got, whole);
}

Test(pieces, of_a_request)
{
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        size_t length = strlen(requests[i]);
        struct cs_http_exchange whole =
            read_pieces(requests[i], responses[0], CS_FROM_CLIENT, length);

        for (size_t first = 1; first < length; first++) {
            struct cs_http_exchange got =
                read_pieces(requests[i], responses[0], CS_FROM_CLIENT, first);

            expect_same(&got, &whole, CS_HTTP_REQUEST_CUT);
            expect_part(got.url.authority, whole.url.authority, &got);
            expect_part(got.url.path, whole.url.path, &got);
        }
    }
}

Test(pieces, of_a_response)
{
    for (size_t i = 0; i < sizeof(responses) / sizeof(responses[0]); i++) {
        size_t length = strlen(responses[i]);
        struct cs_http_exchange whole =
            read_pieces(requests[1], responses[i], CS_FROM_SERVER, length);

        for (size_t first = 1; first < length; first++) {
            struct cs_http_exchange got =
                read_pieces(requests[1], responses[i], CS_FROM_SERVER, first);

            expect_same(&got, &whole, 0);
        }
    }
}
