/* SPDX-License-Identifier: MIT */
/* Numbers are big-endian, and an encoder that fails ends the test. */
#include "tests/harness/http2_build.h"

#include <stdlib.h>
#include <string.h>

enum { FIELDS = 16, TABLE_BYTES = 4096 };

void http2_turn_begin(struct http2_turn *turn)
{
    turn->length = 0;
    if (nghttp2_hd_deflate_new(&turn->deflater, TABLE_BYTES))
        abort();
}

void http2_turn_end(struct http2_turn *turn)
{
    nghttp2_hd_deflate_del(turn->deflater);
}

static void add(struct http2_turn *turn, const void *data, size_t length)
{
    if (length > sizeof(turn->data) - turn->length)
        abort();
    memcpy(turn->data + turn->length, data, length);
    turn->length += length;
}

void http2_frame(struct http2_turn *turn, uint8_t type, uint8_t flags, uint32_t stream_id,
                 struct http_bytes payload)
{
    uint8_t header[] = {
        (uint8_t)(payload.length >> 16),
        (uint8_t)(payload.length >> 8),
        (uint8_t)payload.length,
        type,
        flags,
        (uint8_t)(stream_id >> 24),
        (uint8_t)(stream_id >> 16),
        (uint8_t)(stream_id >> 8),
        (uint8_t)stream_id,
    };

    add(turn, header, sizeof(header));
    add(turn, payload.text, payload.length);
}

struct http_bytes http2_block(struct http2_turn *turn, const char *const *fields)
{
    static uint8_t block[32768];
    nghttp2_nv pairs[FIELDS];
    size_t count = 0;
    ssize_t length;

    for (; fields[2 * count]; count++)
        pairs[count] = (nghttp2_nv){(uint8_t *)fields[2 * count], (uint8_t *)fields[2 * count + 1],
                                    strlen(fields[2 * count]), strlen(fields[2 * count + 1]), 0};
    length = nghttp2_hd_deflate_hd(turn->deflater, block, sizeof(block), pairs, count);
    if (length < 0)
        abort();
    return (struct http_bytes){(const char *)block, (size_t)length};
}

void http2_headers(struct http2_turn *turn, uint8_t flags, uint32_t stream_id,
                   const char *const *fields)
{
    http2_frame(turn, 1, flags | HTTP2_END_HEADERS, stream_id, http2_block(turn, fields));
}

void http2_say(struct http_talk *talk, enum cs_direction direction, struct http2_turn *turn,
               uint64_t uncaptured)
{
    http_say(talk, direction,
             (struct http_said){.packets = {{(const char *)turn->data, turn->length}},
                                .uncaptured = uncaptured});
    turn->length = 0;
}
