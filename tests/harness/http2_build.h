/* SPDX-License-Identifier: MIT */
/*
 * Turns of HTTP/2 put together frame by frame; header blocks are made by libnghttp2's encoder, one
 * per direction, with Huffman coding and a table as real ones have.
 */
#pragma once

#include <nghttp2/nghttp2.h>

#include "tests/harness/http_talk.h"

#define HTTP2_PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

enum { HTTP2_END_STREAM = 1, HTTP2_ACK = 1, HTTP2_END_HEADERS = 4, HTTP2_PADDED = 8 };

struct http2_turn {
    uint8_t data[1 << 18];
    size_t length;
    nghttp2_hd_deflater *deflater; /* of this direction; lives on from turn to turn */
};

void http2_turn_begin(struct http2_turn *turn); /* the connection begins */
void http2_turn_end(struct http2_turn *turn);

void http2_frame(struct http2_turn *turn, uint8_t type, uint8_t flags, uint32_t stream_id,
                 struct http_bytes payload);

/* Fields are "name", "value", ... NULL. Their block is returned, not added. */
struct http_bytes http2_block(struct http2_turn *turn, const char *const *fields);

/* HEADERS with the whole block. */
void http2_headers(struct http2_turn *turn, uint8_t flags, uint32_t stream_id,
                   const char *const *fields);

/* Says what was put together in one packet, and `uncaptured` behind it. */
void http2_say(struct http_talk *talk, enum cs_direction direction, struct http2_turn *turn,
               uint64_t uncaptured);
