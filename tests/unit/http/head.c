/* SPDX-License-Identifier: MIT */
/* Heads of messages: whole, cut at every byte, and what is none. */
#include "user/http/head.h"

#include <criterion/criterion.h>
#include <string.h>

static struct cs_http_head head;

static enum cs_head_result request(const char *text)
{
    return cs_http_head_read_request(&head, text, strlen(text));
}

static enum cs_head_result response(const char *text)
{
    return cs_http_head_read_response(&head, text, strlen(text));
}

static void expect_text(struct cs_http_text found, const char *expected)
{
    cr_expect_eq(found.length, strlen(expected), "%s", expected);
    cr_expect_eq(memcmp(found.data, expected, found.length), 0, "%s", expected);
}

Test(head, of_a_request)
{
    static const char text[] =
        "POST /a?b HTTP/1.1\r\nhost: \texample.com \r\nContent-Length: 12\r\n"
        "Cookie: secret\r\n\r\nbody";

    cr_assert_eq(request(text), CS_HEAD_WHOLE);
    expect_text(head.method, "POST");
    expect_text(head.target, "/a?b");
    expect_text(head.host, "example.com");
    cr_expect_eq(head.minor, 1);
    cr_expect_eq(head.has_length, CS_LENGTH_KNOWN);
    cr_expect_eq(head.content_length, 12);
    cr_expect_eq(head.length, strlen(text) - strlen("body"));
}

Test(head, of_a_request_in_its_forms)
{
    cr_expect_eq(request("GET http://a/b HTTP/1.0\n\n"), CS_HEAD_WHOLE, "bare LF");
    cr_expect_eq(head.minor, 0);
    cr_expect_eq(request("CONNECT a:443 HTTP/1.1\r\n\r\n"), CS_HEAD_WHOLE);
    cr_expect_eq(request("OPTIONS * HTTP/1.1\r\n\r\n"), CS_HEAD_WHOLE);
    cr_expect_eq(request("\r\n\r\nGET / HTTP/1.1\r\n\r\n"), CS_HEAD_WHOLE);
    cr_expect_eq(head.start, 4);
    cr_expect_eq(head.length, 22);
    cr_expect_eq(request("M-SEARCH * HTTP/1.1\r\n\r\n"), CS_HEAD_WHOLE, "any token is a method");
}

Test(head, of_other_protocols)
{
    static const char *const texts[] = {
        "OPTIONS rtsp://a RTSP/1.0\r\n\r\n",
        "INVITE sip:a SIP/2.0\r\n\r\n",
        "GET /\r\n\r\n",
        "GET  / HTTP/1.1\r\n\r\n",
        "GET / HTTP/2.0\r\n\r\n",
        "GET / a HTTP/1.1\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "G\x01T / HTTP/1.1\r\n\r\n",
        "/ HTTP/1.1\r\n\r\n",
        "EHLO me\r\n",
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        cr_expect_eq(request(texts[i]), CS_HEAD_FOREIGN, "%s", texts[i]);
    cr_expect_eq(response("SSH-2.0-OpenSSH\r\n"), CS_HEAD_FOREIGN);
    cr_expect_eq(response("ICY 200 OK\r\n"), CS_HEAD_FOREIGN);
    cr_expect_eq(response("HTTP/1.1 20 OK\r\n"), CS_HEAD_FOREIGN);
    cr_expect_eq(response("HTTP/1.1 2000\r\n"), CS_HEAD_FOREIGN);
    cr_expect_eq(response("HTTP/1.1 099 x\r\n"), CS_HEAD_FOREIGN);
}

Test(head, of_a_response)
{
    static const char text[] =
        "HTTP/1.1 404 Not Found\r\nContent-Type: text/html; charset=utf-8\r\n"
        "Content-Encoding: br\r\nContent-Length: 5\r\n\r\n12345";

    cr_assert_eq(response(text), CS_HEAD_WHOLE);
    cr_expect_eq(head.status, 404);
    expect_text(head.content_type, "text/html; charset=utf-8");
    expect_text(head.content_encoding, "br");
    cr_expect_eq(head.length, strlen(text) - strlen("12345"));
    cr_expect_eq(response("\r\n\nHTTP/1.1 200 OK\r\n\r\n"), CS_HEAD_WHOLE, "as of a request");
    cr_expect_eq(head.start, 3);
    cr_expect_eq(response("HTTP/1.0 200\r\n\r\n"), CS_HEAD_WHOLE, "no reason, no space");
    cr_expect_eq(response("HTTP/1.0 204 \r\nno field\r\n folded: 1\r\n\r\n"), CS_HEAD_WHOLE);
}

Test(head, says_how_its_body_is_framed)
{
    response("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n");
    cr_expect(head.has_transfer_encoding && head.is_chunked);
    response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n");
    cr_expect(head.has_transfer_encoding && !head.is_chunked);
    response("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n");
    cr_expect_eq(head.has_length, CS_LENGTH_KNOWN);
    response("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n");
    cr_expect_eq(head.has_length, CS_LENGTH_INVALID);
    response("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: \r\n\r\n");
    cr_expect_eq(head.has_length, CS_LENGTH_INVALID);
    response("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n");
    cr_expect_eq(head.has_length, CS_LENGTH_INVALID);
    response("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n");
    cr_expect_eq(head.has_length, CS_LENGTH_INVALID);
}

Test(head, says_whether_its_body_waits)
{
    request("PUT / HTTP/1.1\r\nExpect: 100-Continue \r\n\r\n");
    cr_expect(head.expects_continue);
    request("PUT / HTTP/1.1\r\nExpect: 100-continued\r\n\r\n");
    cr_expect_not(head.expects_continue);
}

Test(head, is_cut_anywhere)
{
    static const char text[] = "GET /path HTTP/1.1\r\nHost: example.com\r\n\r\n";
    static const size_t line = sizeof("GET /path HTTP/1.1\r\n") - 1;

    for (size_t seen = 0; seen < sizeof(text) - 1; seen++) {
        enum cs_head_result result = cs_http_head_read_request(&head, text, seen);

        cr_expect_eq(result, seen < 5 ? CS_HEAD_SHORT : CS_HEAD_CUT, "%zu", seen);
        cr_expect_eq(head.target_is_cut, seen >= 5 && seen <= 9, "%zu", seen);
        cr_expect_eq(head.minor, seen < line ? -1 : 1, "%zu", seen);
        cr_expect_eq(head.length, 0);
    }
    cr_expect_eq(request(text), CS_HEAD_WHOLE);
    cr_expect_eq(request("WHATEVER /path"), CS_HEAD_SHORT, "a word that nobody registered");
    cr_expect_eq(response("HTTP/1.1 20"), CS_HEAD_SHORT);
    cr_expect_eq(response("HTTP/1.1 200 OK\r\nContent-"), CS_HEAD_CUT);
    cr_expect_eq(head.status, 200);
}
