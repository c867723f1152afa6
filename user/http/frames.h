/* SPDX-License-Identifier: MIT */
/*
 * One direction of HTTP/2 (RFC 9113) taken apart into frames, across turns of which only the start
 * was captured, or (sparse) all but the payloads that nobody reads. Bytes that were not captured
 * may be the rest of a frame that carries data; if a frame begins among them, or a header block
 * goes on there, the thread is lost for good: nothing that follows could be decoded.
 */
#pragma once

#include "user/http/hpack.h"
#include "user/http/seen.h"

enum cs_frame_type {
    CS_FRAME_DATA = 0,
    CS_FRAME_HEADERS = 1,
    CS_FRAME_RST_STREAM = 3,
    CS_FRAME_SETTINGS = 4,
    CS_FRAME_PUSH_PROMISE = 5,
    CS_FRAME_CONTINUATION = 9,
};

#define CS_FRAME_UNKNOWN_BYTES UINT64_MAX
#define CS_FRAME_UNKNOWN_ERROR UINT32_MAX

/* One frame, or a HEADERS or PUSH_PROMISE with its CONTINUATIONs. */
struct cs_frame {
    uint8_t type;
    uint8_t flags;
    bool ends_stream;
    uint32_t stream_id;
    uint32_t promised_id; /* PUSH_PROMISE */
    uint32_t error;       /* RST_STREAM: its code (RFC 9113 section 7), CS_FRAME_UNKNOWN_ERROR if
                             that was not seen */
    uint64_t begin_ns;    /* first byte of its header passed */
    uint64_t end_ns;      /* last byte passed */
    uint64_t bytes;       /* with headers */
    uint64_t data_bytes;  /* DATA: without padding, CS_FRAME_UNKNOWN_BYTES if that was not seen */
};

/* Called in the order of the bytes; what they get is borrowed. */
struct cs_frame_calls {
    cs_hpack_field *field; /* of the block of the HEADERS or PUSH_PROMISE that ends next */
    void (*setting)(void *context, uint16_t id, uint32_t value);
    void (*end)(void *context, const struct cs_frame *frame);
};

enum cs_frame_step { CS_FRAME_HEADER, CS_FRAME_PREFIX, CS_FRAME_CONTENT, CS_FRAME_PADDING };

enum { CS_FRAME_HEADER_BYTES = 9, CS_FRAME_PREFIX_BYTES = 6 };

struct cs_frames {
    struct cs_hpack *hpack;
    bool is_lost;
    uint8_t preface_left; /* of the client's connection preface */
    bool in_block;        /* nothing but a CONTINUATION may begin */
    enum cs_frame_step step;
    uint8_t header[CS_FRAME_HEADER_BYTES];
    uint8_t header_bytes;
    uint8_t prefix[CS_FRAME_PREFIX_BYTES]; /* in front of the content; or one setting of it */
    uint8_t prefix_bytes;
    uint8_t prefix_wanted;
    uint32_t content; /* bytes of it to come */
    uint32_t padding; /* bytes of it to come */
    struct cs_frame frame;
};

/* 0 or -ENOMEM. `is_client`: the connection preface comes first. */
int cs_frames_begin(struct cs_frames *frames, bool is_client);

/* Reads a turn; `is_lost` says whether all of it could be read. */
void cs_frames_read(struct cs_frames *frames, const struct cs_http_seen *seen,
                    const struct cs_frame_calls *calls, void *context);

void cs_frames_end(struct cs_frames *frames);

bool cs_frames_is_preface(const uint8_t *data, size_t length); /* or the beginning of it */
