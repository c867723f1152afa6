/* SPDX-License-Identifier: MIT */
/* A turn comes in up to two packets; time goes on by one for each. */
#include "tests/fuzz/http_turns.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    TURN_HEADER_BYTES = 5,
    SPARSE_HEADER_BYTES = 6,
    FROM_SERVER_BIT = 1,
    GAP_BIT = 2,
    LOST_BIT = 4
};

static void check_text(const char *text, size_t text_bytes)
{
    assert(strnlen(text, text_bytes) < text_bytes);
    for (; *text; text++)
        assert(*text >= ' ' && *text <= '~');
}

static void check_times(const struct cs_http_exchange *exchange)
{
    assert(exchange->request_start_ns || exchange->flags & CS_HTTP_PUSHED);
    assert(exchange->request_start_ns <= exchange->request_end_ns);
    assert(!exchange->headers_ns || exchange->interim_ns <= exchange->headers_ns);
    assert(!exchange->headers_ns || exchange->headers_ns <= exchange->response_end_ns);
}

static void check(const struct cs_http_exchange *exchange)
{
    char text[CS_URL_BYTES];

    check_text(exchange->method, sizeof(exchange->method));
    check_text(exchange->content_type, sizeof(exchange->content_type));
    check_text(exchange->content_encoding, sizeof(exchange->content_encoding));
    cs_url_write(&exchange->url, "http", "192.0.2.1", text);
    check_text(text, sizeof(text));
    check_times(exchange);
    assert(exchange->status < 1000);
    assert(!exchange->status || exchange->headers_ns);
    assert(!(exchange->flags & CS_HTTP_NO_RESPONSE) || !exchange->status);
    assert(exchange->body_bytes == CS_HTTP_UNKNOWN_BYTES || exchange->stream_id ||
           exchange->body_bytes <= exchange->response_bytes);
}

void fuzz_exchanges(struct cs_http *http)
{
    static struct cs_http_exchange exchange;

    while (cs_http_next(http, &exchange))
        check(&exchange);
}

/* In memory of its own, so that not a byte too much is read. */
static void redact(const struct cs_http *http, const struct cs_http_turn *turn, const uint8_t *data,
                   size_t length)
{
    uint8_t *copy = malloc(length + 1);

    memcpy(copy, data, length);
    cs_http_redact(http, turn->direction, turn->start, copy, length);
    free(copy);
}

/* In memory of its own, as above. */
static void feed(struct cs_http *http, struct cs_http_turn *turn, const uint8_t *data,
                 size_t length, size_t first)
{
    uint8_t *packets[2] = {malloc(first + 1), malloc(length - first + 1)};
    struct cs_http_piece pieces[2] = {{turn->first_ns, packets[0], first},
                                      {turn->first_ns + 1, packets[1], length - first}};

    memcpy(packets[0], data, first);
    memcpy(packets[1], data + first, length - first);
    turn->pieces = pieces;
    turn->piece_count = 2;
    redact(http, turn, data, first);
    redact(http, turn, data, length);
    cs_http_add(http, turn);
    free(packets[0]);
    free(packets[1]);
}

void fuzz_turns(struct cs_http *http, const uint8_t *data, size_t size)
{
    struct cs_http_turn turn = {.first_ns = 1};
    uint32_t next[CS_DIRECTION_COUNT] = {0};

    while (size >= TURN_HEADER_BYTES) {
        uint8_t flags = data[0];
        size_t length = (size_t)(data[1] << 8 | data[2]);

        turn.length = (uint64_t)(data[3] << 8 | data[4]);
        data += TURN_HEADER_BYTES;
        size -= TURN_HEADER_BYTES;
        length = length < size ? length : size;
        turn.direction = flags & FROM_SERVER_BIT ? CS_FROM_SERVER : CS_FROM_CLIENT;
        turn.start = next[turn.direction] + !!(flags & GAP_BIT);
        turn.length += length;
        turn.last_ns = turn.first_ns + 2;
        next[turn.direction] = turn.start + (uint32_t)turn.length;
        feed(http, &turn, data, length, length * (flags >> 2) / 64);
        fuzz_exchanges(http);
        turn.first_ns = turn.last_ns + 1;
        data += length;
        size -= length;
    }
}

/* In memory of its own, as above. */
static void feed_sparse(struct cs_http *http, struct cs_http_turn *turn, const uint8_t *data,
                        size_t length)
{
    uint8_t *copy = malloc(length + 1);
    struct cs_http_piece piece = {turn->last_ns, copy, length};

    memcpy(copy, data, length);
    turn->pieces = &piece;
    turn->piece_count = 1;
    cs_http_add(http, turn);
    free(copy);
}

void fuzz_sparse(struct cs_http *http, const uint8_t *data, size_t size)
{
    struct cs_http_turn turn = {.first_ns = 1, .is_sparse = true};
    uint32_t next[CS_DIRECTION_COUNT] = {0};

    while (size >= SPARSE_HEADER_BYTES) {
        uint8_t flags = data[0];
        size_t length = (size_t)(data[1] << 8 | data[2]);

        turn.skipped = data[5];
        turn.length = (uint64_t)(data[3] << 8 | data[4]) + turn.skipped;
        data += SPARSE_HEADER_BYTES;
        size -= SPARSE_HEADER_BYTES;
        length = length < size ? length : size;
        turn.direction = flags & FROM_SERVER_BIT ? CS_FROM_SERVER : CS_FROM_CLIENT;
        turn.start = next[turn.direction] + !!(flags & GAP_BIT);
        turn.length += length;
        turn.last_ns = turn.first_ns;
        next[turn.direction] = turn.start + (uint32_t)turn.length;
        feed_sparse(http, &turn, data, length);
        if (flags & LOST_BIT)
            cs_http_lose(http, turn.direction);
        fuzz_exchanges(http);
        turn.first_ns++;
        data += length;
        size -= length;
    }
}
