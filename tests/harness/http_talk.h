/* SPDX-License-Identifier: MIT */
/*
 * A dialogue of turns fed to user/http: each piece passes one millisecond after the one before, and
 * sequence numbers go on by themselves. The connection begins at HTTP_BEGIN.
 */
#pragma once

#include "tests/harness/events.h"
#include "user/http/http.h"

#define HTTP_BEGIN (10 * S)

struct http_talk {
    struct cs_http *http;
    uint64_t now_ns;
    uint32_t next[CS_DIRECTION_COUNT];
};

/* Bytes of one packet; `text` may hold NULs. */
struct http_bytes {
    const char *text;
    size_t length;
};
#define HTTP_BYTES(literal)                                                                        \
    (struct http_bytes)                                                                            \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

void http_talk_begin(struct http_talk *talk, enum cs_url_parts parts);
void http_talk_end(struct http_talk *talk);

/* One turn of up to 8 packets, the rest empty, and behind them bytes that were not captured. */
struct http_said {
    struct http_bytes packets[8];
    uint64_t uncaptured;
};
void http_say(struct http_talk *talk, enum cs_direction direction, struct http_said said);
void http_client(struct http_talk *talk, const char *text);
void http_server(struct http_talk *talk, const char *text);

/* Milliseconds since HTTP_BEGIN; 0: did not happen. */
unsigned http_ms(uint64_t ts_ns);
