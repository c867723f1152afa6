/* SPDX-License-Identifier: MIT */
/*
 * One direction of a TCP connection put back in order from captured chunks: by offset modulo 2^32,
 * whatever their order, overlap or repetition, each byte with the time of the packet that first
 * brought it. It knows nothing of TLS. What it holds is bounded; past that, chunks are refused.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "include/wire/event.h"

enum {
    CS_STREAM_HOLD_BYTES = 16384, /* a window of early segments; bytes in order leave at once */
    CS_STREAM_HOLD_PIECES = 2048, /* so that one-byte segments cannot cost more than the window */
};

struct cs_piece;

struct cs_stream {
    struct cs_piece *head; /* sorted by offset, disjoint, none before `next` */
    size_t held_bytes;
    size_t held_pieces;
    __u32 next;   /* offset of the next byte wanted */
    __u32 mark;   /* has_mark: the first known start of a record at or after `next` */
    bool started; /* `next` is settled; before, it is the earliest offset seen */
    bool has_mark;
    bool overflow; /* a chunk was refused */
};

/* Contiguous bytes of one packet, borrowed until the stream is touched. */
struct cs_span {
    const __u8 *data;
    size_t length;
    __u64 ts_ns;
};

void cs_stream_add(struct cs_stream *stream, const struct cs_event_chunk *chunk);

/* The bytes at `next`; false: they have not come. */
bool cs_stream_span(const struct cs_stream *stream, struct cs_span *span);

/* Copies up to `length` contiguous bytes from `next` without taking them; returns how many. */
size_t cs_stream_peek(const struct cs_stream *stream, __u8 *out, size_t length);

/* Moves `next` on, over bytes that came and bytes that never will. */
void cs_stream_skip(struct cs_stream *stream, __u32 bytes);

/* Moves `next` on to the mark. false: there is none ahead. */
bool cs_stream_resync(struct cs_stream *stream);

/* Has any byte come that lies `bytes` or more behind `next`? */
bool cs_stream_reaches(const struct cs_stream *stream, __u32 bytes);

void cs_stream_wipe(struct cs_stream *stream);
