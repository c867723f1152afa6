/* SPDX-License-Identifier: MIT */
/*
 * Packets of HTTP/2 as the kernel tells them (bpf/frames.h), byte by byte: what of a direction is
 * told, and what is passed over.
 */
#pragma once

#include "tests/harness/http2_build.h"

struct http2_sparse {
    enum cs_direction direction;
    unsigned preface; /* bytes to come */
    uint8_t header[9];
    unsigned held;
    uint32_t told;   /* of the frame's payload, to come */
    uint32_t skip;   /* behind it */
    uint64_t untold; /* bytes that passed since the last record */
};

void http2_sparse_begin(struct http2_sparse *sparse, enum cs_direction direction);

/* One packet, a millisecond after the one before; false: nothing of it is told. */
bool http2_sparse_packet(struct http2_sparse *sparse, struct http_talk *talk,
                         struct http_bytes packet);

/* Says what was put together, in packets of up to `packet_bytes`. */
void http2_sparse_say(struct http2_sparse *sparse, struct http_talk *talk, struct http2_turn *turn,
                      size_t packet_bytes);
