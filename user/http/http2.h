/* SPDX-License-Identifier: MIT */
/*
 * HTTP/2 on one connection: streams become exchanges. It follows both directions from their first
 * bytes (frames.h). Where one is lost, its part of every exchange is: without the server's, what is
 * asked is told at once, flagged LOST; without the client's, nothing new is told.
 */
#pragma once

#include "user/http/context.h"
#include "user/http/frames.h"

enum { CS_HTTP2_SETTINGS = 4 }; /* that wait for their ACK: one is usual */

/* What the peer of a direction asked its encoder to do; it holds from the ACK on. */
struct cs_http2_settings {
    unsigned count;
    struct {
        bool has_table_bytes;
        uint32_t table_bytes;
    } waiting[CS_HTTP2_SETTINGS];
    bool was_seen;        /* the peer's first */
    bool has_table_bytes; /* of the frame that is being read */
    uint32_t table_bytes;
};

struct cs_http2 {
    struct cs_frames frames[CS_DIRECTION_COUNT];
    struct cs_http2_settings settings[CS_DIRECTION_COUNT]; /* for the encoder of that direction */
    struct cs_http_exchange block; /* what the fields of the header block being read say */
    uint32_t last_stream_id;       /* of the client */
};

int cs_http2_begin(struct cs_http2 *http2); /* 0 or -ENOMEM */

int cs_http2_add(struct cs_http2 *http2, struct cs_http_context *context,
                 const struct cs_http_seen *seen);

/* Bytes of this direction are missing. */
void cs_http2_lose(struct cs_http2 *http2, struct cs_http_context *context,
                   enum cs_direction direction);

void cs_http2_close(struct cs_http_context *context);
void cs_http2_end(struct cs_http2 *http2);

/* Does a server begin like this? Its SETTINGS may come before the client's preface. */
bool cs_http2_is_server(const uint8_t *data, size_t length);
