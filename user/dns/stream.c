/* SPDX-License-Identifier: MIT */
/* A few slots, the one used longest ago is taken over: pieces of a message follow each other. */
#include "user/dns/stream.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { PREFIX_BYTES = 2 };

static uint32_t prefix_of(const uint8_t *data)
{
    return (uint32_t)data[0] << 8 | data[1];
}

static struct cs_dns_stream *find(struct cs_dns_streams *streams, const struct cs_event_dns *piece)
{
    for (int i = 0; i < CS_DNS_STREAMS; i++) {
        struct cs_dns_stream *slot = &streams->slots[i];

        if (slot->data && slot->socket == piece->socket && slot->direction == piece->direction)
            return slot;
    }
    return NULL;
}

static void release(struct cs_dns_stream *stream)
{
    free(stream->data);
    *stream = (struct cs_dns_stream){0};
}

/* NULL: out of memory. */
static struct cs_dns_stream *start(struct cs_dns_streams *streams, const struct cs_event_dns *piece,
                                   unsigned *lost)
{
    struct cs_dns_stream *slot = &streams->slots[0];

    for (int i = 1; i < CS_DNS_STREAMS; i++) {
        if (streams->slots[i].used_ns < slot->used_ns)
            slot = &streams->slots[i];
    }
    *lost += slot->data != NULL;
    release(slot);
    slot->data = malloc(CS_DNS_STREAM_BYTES);
    if (!slot->data)
        return NULL;
    slot->socket = piece->socket;
    slot->direction = piece->direction;
    slot->next = piece->offset;
    return slot;
}

/* False: there is no room. */
static bool append(struct cs_dns_stream *stream, const struct cs_event_dns *piece)
{
    uint32_t skip = stream->next - piece->offset; /* repeated bytes */
    uint32_t fresh;

    stream->used_ns = piece->event.ts_ns;
    if (skip >= piece->data_bytes)
        return true;
    fresh = piece->data_bytes - skip;
    if (fresh > CS_DNS_STREAM_BYTES - stream->length)
        return false;
    memcpy(stream->data + stream->length, piece->data + skip, fresh);
    stream->length += fresh;
    stream->next += fresh;
    return true;
}

static void pass_tcp(struct cs_dns_stream *stream, const struct cs_event_dns *piece,
                     cs_dns_on_message *on_message, void *context)
{
    uint32_t at = 0;

    while (stream->length - at >= PREFIX_BYTES) {
        uint32_t length = prefix_of(stream->data + at);

        if (stream->length - at - PREFIX_BYTES < length)
            break;
        on_message(context, piece, stream->data + at + PREFIX_BYTES, length);
        at += PREFIX_BYTES + length;
    }
    stream->length -= at;
    memmove(stream->data, stream->data + at, stream->length);
}

static void pass_udp(struct cs_dns_stream *stream, const struct cs_event_dns *piece,
                     cs_dns_on_message *on_message, void *context)
{
    if (stream->length < piece->total_bytes)
        return;
    on_message(context, piece, stream->data, stream->length);
    stream->length = 0;
}

/* A gap, or for UDP another message: what was begun will not be completed. */
static bool is_out_of_step(const struct cs_dns_stream *stream, const struct cs_event_dns *piece)
{
    if (!(piece->flags & CS_DNS_TCP))
        return piece->offset != stream->next;
    return (int32_t)(piece->offset - stream->next) > 0;
}

static unsigned feed_slot(struct cs_dns_streams *streams, const struct cs_event_dns *piece,
                          cs_dns_on_message *on_message, void *context)
{
    struct cs_dns_stream *stream = find(streams, piece);
    unsigned lost = 0;

    if (stream && is_out_of_step(stream, piece)) {
        release(stream);
        stream = NULL;
        lost++;
    }
    if (!stream)
        stream = start(streams, piece, &lost);
    if (!stream || !append(stream, piece)) {
        if (stream)
            release(stream);
        return lost + 1;
    }
    if (piece->flags & CS_DNS_TCP)
        pass_tcp(stream, piece, on_message, context);
    else
        pass_udp(stream, piece, on_message, context);
    if (!stream->length)
        release(stream);
    return lost;
}

unsigned cs_dns_streams_feed(struct cs_dns_streams *streams, const struct cs_event_dns *piece,
                             cs_dns_on_message *on_message, void *context)
{
    bool whole = piece->data_bytes == piece->total_bytes;
    bool is_tcp = piece->flags & CS_DNS_TCP;

    if (!is_tcp && piece->offset == 0 && whole) {
        on_message(context, piece, piece->data, piece->data_bytes);
        return 0;
    }
    if (is_tcp && whole && piece->data_bytes > PREFIX_BYTES &&
        prefix_of(piece->data) + PREFIX_BYTES == piece->data_bytes && !find(streams, piece)) {
        on_message(context, piece, piece->data + PREFIX_BYTES, piece->data_bytes - PREFIX_BYTES);
        return 0;
    }
    return feed_slot(streams, piece, on_message, context);
}

void cs_dns_streams_free(struct cs_dns_streams *streams)
{
    for (int i = 0; i < CS_DNS_STREAMS; i++)
        release(&streams->slots[i]);
}
