/* SPDX-License-Identifier: MIT */
/* Where bodies end, by RFC 9112 section 6, with bytes that were captured and bytes that were not.
 */
#include "user/http/body.h"

#include <criterion/criterion.h>
#include <string.h>

static struct cs_http_body body;

static void respond(const char *method, const char *text)
{
    struct cs_http_head head;

    cr_assert_eq(cs_http_head_read_response(&head, text, strlen(text)), CS_HEAD_WHOLE, "%s", text);
    cs_http_body_of_response(&body, &head, method);
}

static void request(const char *text)
{
    struct cs_http_head head;

    cr_assert_eq(cs_http_head_read_request(&head, text, strlen(text)), CS_HEAD_WHOLE, "%s", text);
    cs_http_body_of_request(&body, &head);
}

/* A turn of `text`, and of more bytes that were not captured. */
static uint64_t take(const char *text, uint64_t uncaptured)
{
    struct cs_http_piece piece = {1, (const uint8_t *)text, strlen(text)};
    struct cs_http_turn turn = {
        .length = strlen(text) + uncaptured, .pieces = &piece, .piece_count = 1};
    struct cs_http_seen seen;

    cs_http_seen_set(&seen, &turn);
    return cs_http_body_take(&body, &seen, 0);
}

Test(body, of_a_response)
{
    static const struct {
        const char *method;
        const char *head;
        enum cs_body_kind kind;
    } rows[] = {
        {"GET", "HTTP/1.1 200 OK\nContent-Length: 5\n\n", CS_BODY_LENGTH},
        {"GET", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", CS_BODY_ENDED},
        {"GET", "HTTP/1.1 200 OK\nContent-Length: x\n\n", CS_BODY_UNKNOWN},
        {"HEAD", "HTTP/1.1 200 OK\nContent-Length: 5\n\n", CS_BODY_ENDED},
        {"GET", "HTTP/1.1 304 Not Modified\nContent-Length: 5\n\n", CS_BODY_ENDED},
        {"GET", "HTTP/1.1 204 No Content\n\n", CS_BODY_ENDED},
        {"GET", "HTTP/1.1 103 Early Hints\n\n", CS_BODY_ENDED},
        {"CONNECT", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n", CS_BODY_ENDED},
        {"CONNECT", "HTTP/1.1 407 No\nContent-Length: 5\n\n", CS_BODY_LENGTH},
        {"GET", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nContent-Length: 5\n\n",
         CS_BODY_CHUNKED},
        {"GET", "HTTP/1.1 200 OK\nTransfer-Encoding: gzip\n\n", CS_BODY_CLOSE},
        {"GET", "HTTP/1.1 200 OK\n\n", CS_BODY_CLOSE},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        respond(rows[i].method, rows[i].head);
        cr_expect_eq(body.kind, rows[i].kind, "row %zu", i);
    }
}

Test(body, of_a_request)
{
    request("GET / HTTP/1.1\n\n");
    cr_expect_eq(body.kind, CS_BODY_ENDED, "none is said: there is none");
    request("POST / HTTP/1.1\nContent-Length: 1\n\n");
    cr_expect_eq(body.kind, CS_BODY_LENGTH);
    request("POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n");
    cr_expect_eq(body.kind, CS_BODY_CHUNKED);
    request("POST / HTTP/1.1\nTransfer-Encoding: gzip\n\n");
    cr_expect_eq(body.kind, CS_BODY_UNKNOWN);
}

Test(body, of_a_length_ends_within_or_beyond_what_was_captured)
{
    respond("GET", "HTTP/1.1 200 OK\nContent-Length: 5000000000\n\n");
    cr_expect_eq(take("abc", 4999999996), 4999999999);
    cr_expect_eq(body.kind, CS_BODY_LENGTH);
    cr_expect_eq(take("xHTTP/1.1", 0), 1);
    cr_expect_eq(body.kind, CS_BODY_ENDED);
    cr_expect_eq(body.content_bytes, 5000000000);
}

Test(body, in_chunks_ends_behind_its_trailer)
{
    static const char text[] = "5;x=\"1\"\r\nhello\r\n00A\r\n0123456789\r\n0\r\nT: 1\r\n\r\nrest";

    respond("GET", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n");
    cr_expect_eq(take(text, 0), sizeof(text) - 1 - 4);
    cr_expect_eq(body.kind, CS_BODY_ENDED);
    cr_expect_eq(body.content_bytes, 15);
}

Test(body, in_chunks_goes_on_in_the_next_turn)
{
    static const char text[] = "5\r\nhello\r\n0\r\n\r\n";

    for (size_t cut = 1; cut < sizeof(text) - 1; cut++) {
        char first[sizeof(text)] = "";

        memcpy(first, text, cut);
        respond("GET", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n");
        cr_expect_eq(take(first, 0), cut);
        cr_expect_eq(body.kind, CS_BODY_CHUNKED);
        cr_expect_eq(take(text + cut, 0), sizeof(text) - 1 - cut);
        cr_expect_eq(body.kind, CS_BODY_ENDED);
    }
}

Test(body, in_chunks_is_lost_with_a_size)
{
    respond("GET", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n");
    cr_expect_eq(take("400\r\n", 1000), 1005);
    cr_expect_eq(body.kind, CS_BODY_CHUNKED, "still inside a chunk of 1024");
    cr_expect_eq(take("", 26), 26);
    cr_expect_eq(body.kind, CS_BODY_CHUNKED, "and to its very end");
    cr_expect_eq(take("", 1), 1);
    cr_expect_eq(body.kind, CS_BODY_UNKNOWN);
}

Test(body, in_chunks_has_sizes_that_are_numbers)
{
    static const char *const texts[] = {"x\r\n", "\r\n", "-1\r\n", "1000000000000000\r\n"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        respond("GET", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n");
        cr_expect_eq(take(texts[i], 0), strlen(texts[i]));
        cr_expect_eq(body.kind, CS_BODY_UNKNOWN, "row %zu", i);
    }
}
