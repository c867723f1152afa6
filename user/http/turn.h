/* SPDX-License-Identifier: MIT */
/*
 * What the readers of HTTP are fed with: one turn of a dialogue, that is a run of bytes in one
 * direction, of which only the start was captured. All is borrowed during the call.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "include/wire/event.h"

enum {
    CS_HTTP_SEEN_BYTES = 1024, /* of a turn; what pieces hold beyond it is not looked at */
};

/* Captured bytes with the time they passed. */
struct cs_http_piece {
    uint64_t ts_ns;
    const uint8_t *data;
    size_t length;
};

/*
 * A turn that is over: the other direction spoke, or the connection ended. It may also be told in
 * parts, each a turn of its own that goes on where the last one ended (after a long silence, say).
 */
struct cs_http_turn {
    enum cs_direction direction;
    uint32_t start;  /* sequence number of the first byte, modulo 2^32 */
    uint64_t length; /* all bytes, captured or not; 64 bits: a download is longer than 4 GB */
    uint64_t first_ns;
    uint64_t last_ns;                   /* the last byte passed */
    const struct cs_http_piece *pieces; /* in order and without gaps, from the first byte on */
    size_t piece_count;
    /*
     * HTTP/2 whose frames were followed: the one piece begins `skipped` bytes behind `start`, and
     * payloads that are passed over (frames.h) are not in it.
     */
    bool is_sparse;
    uint64_t skipped;
};
