/* SPDX-License-Identifier: MIT */
/* The reassembly: a sorted list of disjoint pieces. Whoever brings a byte first gives its time. */
#include "user/tls/stream.h"

#include <stdlib.h>
#include <string.h>

struct cs_piece {
    struct cs_piece *link;
    __u64 ts_ns;
    __u32 offset;
    __u32 length;
    __u8 data[];
};

/* Serial number arithmetic (RFC 1982), as for TCP sequence numbers. */
static bool before(__u32 a, __u32 b)
{
    return (__s32)(a - b) < 0;
}

static __u32 end_of(const struct cs_piece *piece)
{
    return piece->offset + piece->length;
}

static void drop_head(struct cs_stream *stream)
{
    struct cs_piece *piece = stream->head;

    stream->head = piece->link;
    stream->held_bytes -= piece->length;
    stream->held_pieces--;
    explicit_bzero(piece->data, piece->length);
    free(piece);
}

/* Puts the bytes [from, to) of the chunk before *at. Returns the link behind them. */
static struct cs_piece **insert(struct cs_stream *stream, struct cs_piece **at,
                                const struct cs_event_chunk *chunk, __u32 from, __u32 to)
{
    __u32 length = to - from;
    bool fits = stream->held_bytes + length <= CS_STREAM_HOLD_BYTES &&
                stream->held_pieces < CS_STREAM_HOLD_PIECES;
    struct cs_piece *piece = NULL;

    /* What is wanted now is taken even by a full window: it will leave at once, and make room. */
    if (fits || (stream->started && from == stream->next))
        piece = malloc(sizeof(*piece) + length);
    if (!piece) {
        stream->overflow = true;
        return at;
    }
    *piece = (struct cs_piece){
        .link = *at, .ts_ns = chunk->event.ts_ns, .offset = from, .length = length};
    memcpy(piece->data, chunk->data + (from - chunk->offset), length);
    *at = piece;
    stream->held_bytes += length;
    stream->held_pieces++;
    return &piece->link;
}

static void set_mark(struct cs_stream *stream, __u32 offset)
{
    if (stream->started && before(offset, stream->next))
        return;
    if (stream->has_mark && !before(offset, stream->mark))
        return;
    stream->mark = offset;
    stream->has_mark = true;
}

void cs_stream_add(struct cs_stream *stream, const struct cs_event_chunk *chunk)
{
    struct cs_piece **at = &stream->head;
    __u32 from = chunk->offset;
    __u32 end = from + chunk->data_bytes;

    if (chunk->flags & CS_CHUNK_AT_RECORD)
        set_mark(stream, from);
    if (stream->started && before(from, stream->next))
        from = stream->next;
    while (before(from, end)) {
        struct cs_piece *piece = *at;

        if (!piece || before(from, piece->offset)) {
            __u32 to = piece && before(piece->offset, end) ? piece->offset : end;

            at = insert(stream, at, chunk, from, to);
            from = to;
        } else {
            if (before(from, end_of(piece)))
                from = end_of(piece);
            at = &piece->link;
        }
    }
    if (!stream->started && stream->head)
        stream->next = stream->head->offset;
}

bool cs_stream_span(const struct cs_stream *stream, struct cs_span *span)
{
    const struct cs_piece *piece = stream->head;
    __u32 passed;

    if (!piece || before(stream->next, piece->offset))
        return false;
    passed = stream->next - piece->offset;
    *span = (struct cs_span){piece->data + passed, piece->length - passed, piece->ts_ns};
    return true;
}

size_t cs_stream_peek(const struct cs_stream *stream, __u8 *out, size_t length)
{
    const struct cs_piece *piece = stream->head;
    __u32 next = stream->next;
    size_t copied = 0;

    for (; piece && copied < length && !before(next, piece->offset); piece = piece->link) {
        __u32 passed = next - piece->offset;
        size_t part = piece->length - passed;

        if (part > length - copied)
            part = length - copied;
        memcpy(out + copied, piece->data + passed, part);
        copied += part;
        next += (__u32)part;
    }
    return copied;
}

void cs_stream_skip(struct cs_stream *stream, __u32 bytes)
{
    stream->next += bytes;
    while (stream->head && !before(stream->next, end_of(stream->head)))
        drop_head(stream);
    if (stream->has_mark && before(stream->mark, stream->next))
        stream->has_mark = false;
}

bool cs_stream_resync(struct cs_stream *stream)
{
    if (!stream->has_mark || !before(stream->next, stream->mark))
        return false;
    cs_stream_skip(stream, stream->mark - stream->next);
    return true;
}

bool cs_stream_reaches(const struct cs_stream *stream, __u32 bytes)
{
    const struct cs_piece *piece = stream->head;

    while (piece && piece->link)
        piece = piece->link;
    return piece && before(stream->next + bytes, end_of(piece));
}

void cs_stream_wipe(struct cs_stream *stream)
{
    while (stream->head)
        drop_head(stream);
}
