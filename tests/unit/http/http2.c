/* SPDX-License-Identifier: MIT */
/* Exchanges of HTTP/2 out of turns: streams, their times and sizes, and where the thread is lost.
 * Milliseconds count packets: the first passes at 1. */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/harness/http2_build.h"

enum { DATA = 0, HEADERS = 1, RST_STREAM = 3, SETTINGS = 4, PUSH = 5, PING = 6, CONTINUATION = 9 };

static struct http_talk talk;
static struct http2_turn client;
static struct http2_turn server;
static struct cs_http_exchange exchange;

static const char *const get[] = {
    ":method", "GET",    ":scheme", "http", ":path", "/x?q", ":authority", "me:pw@Example.com:80",
    "cookie",  "secret", NULL,
};
static const char *const ok[] = {
    ":status", "200", "content-type", "Text/HTML; a=b", "content-encoding", "br", "server",
    "s",       NULL};
static const char *const hints[] = {":status", "103", "link", "</a>", NULL};

static void say_preface(void)
{
    memcpy(client.data, HTTP2_PREFACE, strlen(HTTP2_PREFACE));
    client.length = strlen(HTTP2_PREFACE);
    http2_frame(&client, SETTINGS, 0, 0, (struct http_bytes){"", 0});
}

static void setup(void)
{
    http_talk_begin(&talk, CS_URL_PATH);
    http2_turn_begin(&client);
    http2_turn_begin(&server);
    say_preface();
}

static void teardown(void)
{
    http_talk_end(&talk);
    http2_turn_end(&client);
    http2_turn_end(&server);
}

TestSuite(http2, .init = setup, .fini = teardown);

static const struct cs_http_facts *facts(void)
{
    return cs_http_facts(talk.http);
}

static bool next(void)
{
    return cs_http_next(talk.http, &exchange);
}

static void say(enum cs_direction direction)
{
    http2_say(&talk, direction, direction == CS_FROM_CLIENT ? &client : &server, 0);
}

static void expect_next(uint32_t stream_id, unsigned status, uint32_t flags)
{
    cr_assert(next(), "%u", stream_id);
    cr_expect_eq(exchange.stream_id, stream_id);
    cr_expect_eq(exchange.status, status, "%u: %u", stream_id, exchange.status);
    cr_expect_eq(exchange.flags, flags, "%u: %x", stream_id, exchange.flags);
}

Test(http2, one_exchange)
{
    http2_headers(&client, HTTP2_END_STREAM, 1, get);
    say(CS_FROM_CLIENT);
    http2_frame(&server, SETTINGS, 0, 0, (struct http_bytes){"", 0});
    http2_headers(&server, 0, 1, hints);
    say(CS_FROM_SERVER);
    http2_headers(&server, 0, 1, ok);
    http2_frame(&server, DATA, 0, 1, HTTP_BYTES("hello"));
    say(CS_FROM_SERVER);
    cr_expect_not(next());
    http2_frame(&server, DATA, HTTP2_END_STREAM | HTTP2_PADDED, 1, HTTP_BYTES("\x03worldpad"));
    say(CS_FROM_SERVER);
    expect_next(1, 200, 0);
    cr_expect_eq(exchange.version, CS_HTTP_2);
    cr_expect_str_eq(exchange.method, "GET");
    cr_expect_str_eq(exchange.url.scheme, "http");
    cr_expect_str_eq(exchange.url.authority, "example.com:80");
    cr_expect_str_eq(exchange.url.path, "/x");
    cr_expect_str_eq(exchange.content_type, "text/html");
    cr_expect_str_eq(exchange.content_encoding, "br");
    cr_expect_eq(exchange.body_bytes, 10);
    cr_expect_eq(http_ms(exchange.request_start_ns), 1);
    cr_expect_eq(http_ms(exchange.interim_ns), 2);
    cr_expect_eq(http_ms(exchange.headers_ns), 3);
    cr_expect_eq(http_ms(exchange.response_end_ns), 4);
    cr_expect_eq(facts()->state, CS_HTTP_SPEAKING);
    cr_expect_eq(facts()->version, CS_HTTP_2);
    cr_expect_not(facts()->is_lost);
}

Test(http2, streams_at_once_complete_in_their_own_order)
{
    for (uint32_t id = 1; id <= 5; id += 2)
        http2_headers(&client, HTTP2_END_STREAM, id, get);
    say(CS_FROM_CLIENT);
    http2_headers(&server, 0, 1, ok);
    http2_headers(&server, HTTP2_END_STREAM, 5, ok);
    http2_headers(&server, HTTP2_END_STREAM, 3, ok);
    http2_frame(&server, DATA, HTTP2_END_STREAM, 1, HTTP_BYTES(""));
    say(CS_FROM_SERVER);
    expect_next(5, 200, 0);
    expect_next(3, 200, 0);
    expect_next(1, 200, 0);
    cr_expect_str_eq(exchange.url.path, "/x", "from the encoder's table");
}

/* Every frame, the preface among them, cut in two turns at every byte. */
Test(http2, frames_go_on_from_turn_to_turn)
{
    static uint8_t data[512];
    size_t length;

    http2_headers(&client, HTTP2_END_STREAM, 1, get);
    length = client.length;
    memcpy(data, client.data, length);
    for (size_t cut = 3; cut < length; cut++) {
        const char *text = (const char *)data;

        http_talk_end(&talk);
        http_talk_begin(&talk, CS_URL_PATH);
        http_say(&talk, CS_FROM_CLIENT, (struct http_said){{{text, cut}}});
        http_say(&talk, CS_FROM_CLIENT, (struct http_said){{{text + cut, length - cut}}});
        cs_http_close(talk.http, CS_HTTP_ENDED_BY_SERVER, 0);
        expect_next(1, 0, CS_HTTP_NO_RESPONSE);
        cr_expect_str_eq(exchange.url.path, "/x", "cut at %zu", cut);
    }
}

Test(http2, a_block_in_many_frames)
{
    struct http_bytes block = http2_block(&client, get);

    http2_frame(&client, HEADERS, HTTP2_END_STREAM, 1, (struct http_bytes){"", 0});
    for (size_t i = 0; i < block.length; i++)
        http2_frame(&client, CONTINUATION, 0, 1, (struct http_bytes){block.text + i, 1});
    http2_frame(&client, CONTINUATION, HTTP2_END_HEADERS, 1, (struct http_bytes){"", 0});
    say(CS_FROM_CLIENT);
    http2_headers(&server, HTTP2_END_STREAM, 1, ok);
    say(CS_FROM_SERVER);
    expect_next(1, 200, 0);
    cr_expect_str_eq(exchange.method, "GET");
}

Test(http2, a_block_with_priority_and_padding)
{
    struct http_bytes block = http2_block(&client, get);
    char payload[512] = {[0] = 7};

    memcpy(payload + 6, block.text, block.length);
    http2_frame(&client, HEADERS, HTTP2_END_STREAM | HTTP2_END_HEADERS | HTTP2_PADDED | 0x20, 1,
                (struct http_bytes){payload, 6 + block.length + 7});
    http2_frame(&client, PING, 0, 0, HTTP_BYTES("12345678"));
    http2_headers(&client, HTTP2_END_STREAM, 3, get);
    say(CS_FROM_CLIENT);
    cs_http_close(talk.http, CS_HTTP_ENDED_BY_SERVER, 0);
    expect_next(1, 0, CS_HTTP_NO_RESPONSE);
    expect_next(3, 0, CS_HTTP_NO_RESPONSE);
}

Test(http2, data_that_was_not_captured_is_as_long_as_it_says)
{
    static const char frame[] = {0, 0x10, 0, DATA, 0, 0, 0, 0, 1};

    http2_headers(&client, HTTP2_END_STREAM, 1, get);
    say(CS_FROM_CLIENT);
    http2_headers(&server, 0, 1, ok);
    memcpy(server.data + server.length, frame, sizeof(frame));
    server.length += sizeof(frame);
    http2_say(&talk, CS_FROM_SERVER, &server, 0x800);
    http_say(&talk, CS_FROM_SERVER, (struct http_said){.uncaptured = 0x800});
    http2_frame(&server, DATA, HTTP2_END_STREAM, 1, HTTP_BYTES("end"));
    say(CS_FROM_SERVER);
    expect_next(1, 200, 0);
    cr_expect_eq(exchange.body_bytes, 0x1003);
    cr_expect_not(facts()->is_lost);
}

Test(http2, a_frame_that_was_not_captured_loses_the_server)
{
    http2_headers(&client, HTTP2_END_STREAM, 1, get);
    http2_headers(&client, HTTP2_END_STREAM, 3, get);
    say(CS_FROM_CLIENT);
    http2_headers(&server, HTTP2_END_STREAM, 1, ok);
    http2_say(&talk, CS_FROM_SERVER, &server, 1);
    expect_next(1, 200, 0);
    expect_next(3, 0, CS_HTTP_LOST);
    cr_expect(facts()->is_lost);
    cr_expect_eq(facts()->losses, 1);
    http2_headers(&client, HTTP2_END_STREAM, 5, get);
    say(CS_FROM_CLIENT);
    expect_next(5, 0, CS_HTTP_LOST);
    cr_expect_str_eq(exchange.url.path, "/x", "what is asked is known all the same");
    cr_expect_eq(facts()->losses, 1);
}

Test(http2, a_frame_that_was_not_captured_loses_the_client)
{
    http2_headers(&client, HTTP2_END_STREAM, 1, get);
    http2_say(&talk, CS_FROM_CLIENT, &client, 1);
    http2_headers(&server, HTTP2_END_STREAM, 1, ok);
    http2_headers(&server, HTTP2_END_STREAM, 3, ok);
    say(CS_FROM_SERVER);
    expect_next(1, 200, 0);
    cr_expect_not(next());
    cr_expect(facts()->is_lost);
}

Test(http2, a_missing_turn_loses_its_direction)
{
    http2_headers(&client, HTTP2_END_STREAM, 1, get);
    say(CS_FROM_CLIENT);
    http2_frame(&server, SETTINGS, 0, 0, (struct http_bytes){"", 0});
    say(CS_FROM_SERVER);
    talk.next[CS_FROM_SERVER]++;
    http2_headers(&server, HTTP2_END_STREAM, 1, ok);
    say(CS_FROM_SERVER);
    expect_next(1, 0, CS_HTTP_LOST);
    cr_expect_eq(facts()->losses, 1);
}

Test(http2, a_reset_ends_a_stream)
{
    http2_headers(&client, HTTP2_END_STREAM, 1, get);
    http2_headers(&client, 0, 3, get);
    say(CS_FROM_CLIENT);
    http2_headers(&server, 0, 1, ok);
    http2_frame(&server, RST_STREAM, 0, 3, HTTP_BYTES("\0\0\0\7"));
    say(CS_FROM_SERVER);
    http2_frame(&client, RST_STREAM, 0, 1, HTTP_BYTES("\0\0\0\10"));
    say(CS_FROM_CLIENT);
    expect_next(3, 0, CS_HTTP_NO_RESPONSE);
    cr_expect_eq(exchange.reset, CS_HTTP_RESET_BY_SERVER);
    cr_expect_str_eq(exchange.reset_reason, "REFUSED_STREAM");
    expect_next(1, 200, CS_HTTP_INCOMPLETE);
    cr_expect_eq(exchange.reset, CS_HTTP_RESET_BY_CLIENT);
    cr_expect_str_eq(exchange.reset_reason, "CANCEL");
}

/* RFC 9113 section 8.1: it does not want the rest of the request. */
Test(http2, a_reset_behind_the_response_breaks_nothing_off)
{
    http2_headers(&client, 0, 1, get);
    say(CS_FROM_CLIENT);
    http2_headers(&server, HTTP2_END_STREAM, 1, ok);
    http2_frame(&server, RST_STREAM, 0, 1, HTTP_BYTES("\0\0\0\0"));
    say(CS_FROM_SERVER);
    expect_next(1, 200, 0);
    cr_expect_eq(exchange.reset, CS_HTTP_NOT_RESET);
}

Test(http2, trailers_are_no_response)
{
    static const char *const trailers[] = {"grpc-status", "0", NULL};

    http2_headers(&client, 0, 1, get);
    http2_frame(&client, DATA, 0, 1, HTTP_BYTES("body"));
    http2_headers(&client, HTTP2_END_STREAM, 1, trailers);
    say(CS_FROM_CLIENT);
    http2_headers(&server, 0, 1, ok);
    http2_headers(&server, HTTP2_END_STREAM, 1, trailers);
    say(CS_FROM_SERVER);
    expect_next(1, 200, 0);
    cr_expect_not(next());
}

Test(http2, a_push_is_nobodys_request)
{
    struct http_bytes block;
    char payload[512] = "\0\0\0\2";

    http2_headers(&client, HTTP2_END_STREAM, 1, get);
    say(CS_FROM_CLIENT);
    block = http2_block(&server, get);
    memcpy(payload + 4, block.text, block.length);
    http2_frame(&server, PUSH, HTTP2_END_HEADERS, 1,
                (struct http_bytes){payload, 4 + block.length});
    http2_headers(&server, HTTP2_END_STREAM, 1, ok);
    http2_headers(&server, HTTP2_END_STREAM, 2, ok);
    say(CS_FROM_SERVER);
    expect_next(1, 200, 0);
    expect_next(2, 200, CS_HTTP_PUSHED);
    cr_expect_str_eq(exchange.url.path, "/x");
}

/* The client allows 65536 bytes; the server's encoder may use them from its ACK on. */
Test(http2, a_table_changes_its_size_with_the_ack)
{
    http2_frame(&client, SETTINGS, 0, 0, HTTP_BYTES("\0\1\0\1\0\0"));
    http2_headers(&client, HTTP2_END_STREAM, 1, get);
    say(CS_FROM_CLIENT);
    http2_frame(&server, SETTINGS, HTTP2_ACK, 0, (struct http_bytes){"", 0}); /* of the preface's */
    http2_frame(&server, SETTINGS, HTTP2_ACK, 0, (struct http_bytes){"", 0});
    nghttp2_hd_deflate_change_table_size(server.deflater, 65536);
    http2_headers(&server, HTTP2_END_STREAM, 1, ok);
    say(CS_FROM_SERVER);
    expect_next(1, 200, 0);
    cr_expect_not(facts()->is_lost);
}

Test(http2, a_table_larger_than_agreed_is_a_loss)
{
    static const char update[] = {0x3f, (char)0xe1, 0x7f}; /* 16384 + ... bytes */

    http2_headers(&client, HTTP2_END_STREAM, 1, get);
    say(CS_FROM_CLIENT);
    http2_frame(&server, HEADERS, HTTP2_END_HEADERS, 1, (struct http_bytes){update, 3});
    say(CS_FROM_SERVER);
    expect_next(1, 0, CS_HTTP_LOST);
}

Test(http2, a_server_may_speak_first)
{
    http2_frame(&server, SETTINGS, 0, 0, HTTP_BYTES("\0\3\0\0\0\144"));
    say(CS_FROM_SERVER);
    cr_expect_eq(facts()->state, CS_HTTP_BEGINNING);
    http2_headers(&client, HTTP2_END_STREAM, 1, get);
    say(CS_FROM_CLIENT);
    http2_headers(&server, HTTP2_END_STREAM, 1, ok);
    say(CS_FROM_SERVER);
    expect_next(1, 200, 0);
    teardown();
    setup();
    http2_frame(&server, SETTINGS, 0, 0, (struct http_bytes){"", 0});
    say(CS_FROM_SERVER);
    http_client(&talk, "GET / HTTP/1.1\r\n\r\n");
    cr_expect_eq(facts()->state, CS_HTTP_FOREIGN);
}

Test(http2, a_server_may_have_spoken_before_anybody_listened)
{
    http2_frame(&client, SETTINGS, HTTP2_ACK, 0, (struct http_bytes){"", 0});
    nghttp2_hd_deflate_change_table_size(client.deflater, 65536);
    http2_headers(&client, HTTP2_END_STREAM, 1, get);
    say(CS_FROM_CLIENT);
    http2_headers(&server, HTTP2_END_STREAM, 1, ok);
    say(CS_FROM_SERVER);
    expect_next(1, 200, 0);
    cr_expect_not(facts()->is_lost);
    http2_frame(&client, SETTINGS, HTTP2_ACK, 0, (struct http_bytes){"", 0});
    say(CS_FROM_CLIENT);
    cr_expect(facts()->is_lost, "once");
}

Test(http2, a_tunnel_is_one_stream)
{
    static const char *const tunnel[] = {":method", "CONNECT", ":authority", "a:443", NULL};

    http2_headers(&client, 0, 1, tunnel);
    say(CS_FROM_CLIENT);
    http2_headers(&server, 0, 1, ok);
    http2_frame(&server, DATA, HTTP2_END_STREAM, 1, HTTP_BYTES("\x16\x03"));
    say(CS_FROM_SERVER);
    expect_next(1, 200, CS_HTTP_TUNNEL);
    cr_expect_str_eq(exchange.url.authority, "a:443");
    cr_expect_eq(facts()->state, CS_HTTP_SPEAKING);
}

Test(http2, streams_that_nobody_answers_are_given_up)
{
    for (uint32_t id = 1; id < 2 * 1025; id += 2) {
        http2_headers(&client, HTTP2_END_STREAM, id, get);
        say(CS_FROM_CLIENT);
    }
    expect_next(1, 0, CS_HTTP_LOST);
    cr_expect_not(next());
    cr_expect_eq(facts()->losses, 1);
}
