/* SPDX-License-Identifier: MIT */
/* HTTP/2 whose frames are followed: bodies of any size, in packets of any size, and what is lost
 * when something is missing. Milliseconds count packets: the first passes at 1. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/http2_sparse.h"

enum { DATA = 0, HEADERS = 1, RST_STREAM = 3, SETTINGS = 4, PUSH = 5, PING = 6, CONTINUATION = 9 };
enum { FRAME_BYTES = 16384, MSS = 1448 };

static struct http_talk talk;
static struct http2_turn turns[CS_DIRECTION_COUNT];
static struct http2_sparse sparse[CS_DIRECTION_COUNT];
static struct http2_turn *const client = &turns[CS_FROM_CLIENT];
static struct http2_turn *const server = &turns[CS_FROM_SERVER];
static struct cs_http_exchange exchange;
static char body[FRAME_BYTES];

static const char *const get[] = {
    ":method", "GET", ":scheme", "http", ":path", "/x", ":authority", "a", "cookie", "secret", NULL,
};
static const char *const ok[] = {":status", "200", "content-type", "text/html", NULL};
static const char *const trailers[] = {"grpc-status", "0", NULL};

static void setup(void)
{
    http_talk_begin(&talk, CS_URL_PATH);
    for (int i = 0; i < CS_DIRECTION_COUNT; i++) {
        http2_turn_begin(&turns[i]);
        http2_sparse_begin(&sparse[i], i);
    }
    memset(body, 'b', sizeof(body));
    memcpy(client->data, HTTP2_PREFACE, strlen(HTTP2_PREFACE));
    client->length = strlen(HTTP2_PREFACE);
    http2_frame(client, SETTINGS, 0, 0, HTTP_BYTES("\0\3\0\0\0\144"));
    http2_frame(server, SETTINGS, 0, 0, (struct http_bytes){"", 0});
}

static void teardown(void)
{
    http_talk_end(&talk);
    for (int i = 0; i < CS_DIRECTION_COUNT; i++)
        http2_turn_end(&turns[i]);
}

TestSuite(http2_sparse, .init = setup, .fini = teardown);

static void say(enum cs_direction direction, size_t packet_bytes)
{
    http2_sparse_say(&sparse[direction], &talk, &turns[direction], packet_bytes);
}

static void data(uint32_t stream_id, size_t length, uint8_t flags)
{
    http2_frame(server, DATA, flags, stream_id, (struct http_bytes){body, length});
}

static void expect_next(uint32_t stream_id, unsigned status, uint32_t flags, uint64_t body_bytes)
{
    cr_assert(cs_http_next(talk.http, &exchange), "%u", stream_id);
    cr_expect_eq(exchange.stream_id, stream_id);
    cr_expect_eq(exchange.status, status, "%u: %u", stream_id, exchange.status);
    cr_expect_eq(exchange.flags, flags, "%u: %x", stream_id, exchange.flags);
    cr_expect_eq(exchange.body_bytes, body_bytes, "%u: %zu", stream_id,
                 (size_t)exchange.body_bytes);
}

static const struct cs_http_facts *facts(void)
{
    return cs_http_facts(talk.http);
}

Test(http2_sparse, two_bodies_in_turns_end_with_their_own_packets)
{
    http2_headers(client, HTTP2_END_STREAM, 1, get);
    http2_headers(client, HTTP2_END_STREAM, 3, get);
    say(CS_FROM_CLIENT, MSS); /* 1 ms */
    http2_headers(server, 0, 1, ok);
    http2_headers(server, 0, 3, ok);
    for (int i = 0; i < 3; i++) {
        data(1, FRAME_BYTES, 0);
        data(3, FRAME_BYTES, 0);
    }
    say(CS_FROM_SERVER, 1 << 16); /* 2 and 3 ms */
    data(1, 100, HTTP2_END_STREAM);
    say(CS_FROM_SERVER, MSS); /* 4 ms */
    data(3, 5000, 0);
    http2_headers(server, HTTP2_END_STREAM, 3, trailers);
    say(CS_FROM_SERVER, MSS); /* 5 to 8 ms */
    expect_next(1, 200, 0, 3 * FRAME_BYTES + 100);
    cr_expect_eq(http_ms(exchange.request_start_ns), 1);
    cr_expect_eq(http_ms(exchange.headers_ns), 2);
    cr_expect_eq(http_ms(exchange.response_end_ns), 4);
    expect_next(3, 200, 0, 3 * FRAME_BYTES + 5000);
    cr_expect_eq(http_ms(exchange.response_end_ns), 8);
    cr_expect_not(facts()->is_lost);
}

/* Where the last byte of a frame is a packet's last, the end has that packet's time. */
Test(http2_sparse, an_end_waits_for_no_packet_behind_it)
{
    http2_headers(client, HTTP2_END_STREAM, 1, get);
    say(CS_FROM_CLIENT, MSS); /* 1 ms */
    http2_headers(server, 0, 1, ok);
    data(1, 3000, HTTP2_END_STREAM);
    say(CS_FROM_SERVER, MSS); /* 2 to 4 ms */
    expect_next(1, 200, 0, 3000);
    cr_expect_eq(http_ms(exchange.response_end_ns), 4);
}

static void exchanges_in_packets_of(size_t packet_bytes)
{
    struct http_bytes block = http2_block(client, get);
    char padded[64] = {[0] = 20};

    http2_frame(client, HEADERS, HTTP2_END_STREAM, 1, (struct http_bytes){block.text, 5});
    http2_frame(client, CONTINUATION, HTTP2_END_HEADERS, 1,
                (struct http_bytes){block.text + 5, block.length - 5});
    http2_frame(client, PING, 0, 0, HTTP_BYTES("12345678"));
    http2_headers(client, 0, 3, get);
    http2_frame(client, DATA, HTTP2_END_STREAM, 3, HTTP_BYTES("body"));
    say(CS_FROM_CLIENT, packet_bytes);
    http2_frame(server, SETTINGS, HTTP2_ACK, 0, (struct http_bytes){"", 0});
    http2_headers(server, 0, 3, ok);
    http2_frame(server, DATA, HTTP2_PADDED, 3, (struct http_bytes){padded, 61});
    data(3, 500, 0);
    http2_headers(server, HTTP2_END_STREAM, 1, ok);
    data(3, 0, HTTP2_END_STREAM);
    say(CS_FROM_SERVER, packet_bytes);
}

/* The result must not depend on where packets end. */
Test(http2_sparse, packets_of_every_size)
{
    for (size_t packet_bytes = 1; packet_bytes < 200; packet_bytes++) {
        exchanges_in_packets_of(packet_bytes);
        expect_next(1, 200, 0, 0);
        cr_expect_str_eq(exchange.url.path, "/x", "in packets of %zu", packet_bytes);
        expect_next(3, 200, 0, 540);
        cr_expect_not(facts()->is_lost, "in packets of %zu", packet_bytes);
        teardown();
        setup();
    }
}

Test(http2_sparse, a_block_of_many_kilobytes)
{
    static char cookie[12000];
    const char *const large[] = {":method",    "GET", ":scheme", "http", ":path", "/large",
                                 ":authority", "a",   "cookie",  cookie, NULL};
    struct http_bytes block;

    memset(cookie, '~', sizeof(cookie) - 1);
    block = http2_block(client, large);
    cr_assert_gt(block.length, 9000);
    http2_frame(client, HEADERS, HTTP2_END_STREAM, 1, (struct http_bytes){block.text, 8000});
    http2_frame(client, CONTINUATION, HTTP2_END_HEADERS, 1,
                (struct http_bytes){block.text + 8000, block.length - 8000});
    http2_headers(client, HTTP2_END_STREAM, 3, get);
    say(CS_FROM_CLIENT, 1 << 16);
    http2_headers(server, HTTP2_END_STREAM, 1, ok);
    http2_headers(server, HTTP2_END_STREAM, 3, ok);
    say(CS_FROM_SERVER, MSS);
    expect_next(1, 200, 0, 0);
    cr_expect_str_eq(exchange.url.path, "/large");
    cr_expect_gt(exchange.request_bytes, block.length);
    expect_next(3, 200, 0, 0);
    cr_expect_str_eq(exchange.url.path, "/x");
}

/* The tables of both encoders are used from the second on. */
Test(http2_sparse, fifty_requests_on_a_connection)
{
    for (uint32_t id = 1; id < 100; id += 2) {
        http2_headers(client, HTTP2_END_STREAM, id, get);
        say(CS_FROM_CLIENT, MSS);
        http2_headers(server, 0, id, ok);
        data(id, 100 * id, HTTP2_END_STREAM);
        say(CS_FROM_SERVER, MSS);
        expect_next(id, 200, 0, 100 * id);
        cr_expect_str_eq(exchange.url.path, "/x");
        cr_expect_str_eq(exchange.content_type, "text/html");
    }
}

Test(http2_sparse, a_reset_ends_a_body_behind_the_first_kilobyte)
{
    http2_headers(client, HTTP2_END_STREAM, 1, get);
    say(CS_FROM_CLIENT, MSS);
    http2_headers(server, 0, 1, ok);
    data(1, FRAME_BYTES, 0);
    http2_frame(server, RST_STREAM, 0, 1, HTTP_BYTES("\0\0\0\7"));
    say(CS_FROM_SERVER, MSS);
    expect_next(1, 200, CS_HTTP_INCOMPLETE, FRAME_BYTES);
    cr_expect_str_eq(exchange.reset_reason, "REFUSED_STREAM");
}

static void answer_with_a_body(void)
{
    http2_headers(client, HTTP2_END_STREAM, 1, get);
    say(CS_FROM_CLIENT, MSS);
    http2_headers(server, 0, 1, ok);
    data(1, 3000, 0);
    say(CS_FROM_SERVER, MSS);
    data(1, 3000, HTTP2_END_STREAM);
}

/* The record of a packet is dropped, and the next says where it goes on. */
Test(http2_sparse, a_missing_record_loses_its_direction)
{
    answer_with_a_body();
    talk.next[CS_FROM_SERVER] += 100;
    say(CS_FROM_SERVER, MSS);
    expect_next(1, 200, CS_HTTP_LOST, CS_HTTP_UNKNOWN_BYTES);
    cr_expect_eq(facts()->losses, 1);
}

/* No frame begins where the record says that one does. */
Test(http2_sparse, a_record_that_does_not_fit_loses_its_direction)
{
    static const uint8_t header[] = {0, 0, 0, DATA, HTTP2_END_STREAM, 0, 0, 0, 1};
    struct cs_http_piece piece = {talk.now_ns, header, sizeof(header)};
    struct cs_http_turn turn = {
        .direction = CS_FROM_SERVER,
        .length = 500 + sizeof(header),
        .pieces = &piece,
        .piece_count = 1,
        .is_sparse = true,
        .skipped = 500,
    };

    answer_with_a_body();
    turn.start = talk.next[CS_FROM_SERVER];
    cs_http_add(talk.http, &turn);
    expect_next(1, 200, CS_HTTP_LOST, CS_HTTP_UNKNOWN_BYTES);
}

Test(http2_sparse, what_the_kernel_lost_is_lost)
{
    answer_with_a_body();
    cs_http_lose(talk.http, CS_FROM_SERVER);
    cs_http_lose(talk.http, CS_FROM_SERVER);
    expect_next(1, 200, CS_HTTP_LOST, CS_HTTP_UNKNOWN_BYTES);
    cr_expect_eq(facts()->losses, 1);
}

/* A tape holds nothing of what was said: no request is made up, and nothing was lost. */
Test(http2_sparse, without_a_byte_nothing_is_said)
{
    struct cs_http_turn turn = {
        .direction = CS_FROM_CLIENT, .length = 100, .is_sparse = true, .start = 7};

    cs_http_add(talk.http, &turn);
    cr_expect_eq(facts()->state, CS_HTTP_FOREIGN);
    cr_expect_eq(facts()->losses, 0);
}
