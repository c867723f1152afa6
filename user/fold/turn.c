/* SPDX-License-Identifier: MIT */
/* Pieces are kept as they came; which of them lie behind one another is looked up at the end. */
#include "user/fold/turn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "include/wire/limits.h"

struct piece {
    uint64_t ts_ns;
    uint64_t offset;
    size_t length;
    size_t at; /* in `data` */
};

struct cs_turn_bytes {
    struct piece pieces[CS_TURN_PACKETS];
    size_t count;
    size_t used;
    uint8_t data[2 * CS_TURN_BYTES]; /* a turn's share, and what came twice */
};

void cs_turn_begin(struct cs_turn *turn, const struct cs_event_turn *event)
{
    cs_turn_wipe(turn);
    turn->is_open = true;
    turn->direction = event->direction;
    turn->start = event->end[event->direction];
    turn->begin_ns = event->event.ts_ns;
    cs_turn_add(turn, event);
}

void cs_turn_add(struct cs_turn *turn, const struct cs_event_turn *event)
{
    struct cs_turn_bytes *bytes = turn->bytes;

    if (!turn->is_open || turn->direction != event->direction || !event->data_bytes)
        return;
    if (!bytes)
        bytes = turn->bytes = calloc(1, sizeof(*bytes));
    if (!bytes || bytes->count == CS_TURN_PACKETS ||
        bytes->used + event->data_bytes > sizeof(bytes->data))
        return;
    memcpy(bytes->data + bytes->used, event->data, event->data_bytes);
    bytes->pieces[bytes->count++] = (struct piece){
        event->event.ts_ns,
        event->offset,
        event->data_bytes,
        bytes->used,
    };
    bytes->used += event->data_bytes;
}

/* The first that came of those that hold the byte at `offset`. */
static const struct piece *piece_at(const struct cs_turn_bytes *bytes, uint64_t offset)
{
    for (size_t i = 0; bytes && i < bytes->count; i++) {
        const struct piece *piece = &bytes->pieces[i];

        if (offset >= piece->offset && offset - piece->offset < piece->length)
            return piece;
    }
    return NULL;
}

/* Those that lie behind one another from the start on; returns how many. */
static size_t put_in_order(const struct cs_turn *turn, uint64_t end,
                           struct cs_http_piece ordered[CS_TURN_PACKETS])
{
    uint64_t offset = turn->start;
    const struct piece *piece;
    size_t count = 0;

    while (count < CS_TURN_PACKETS && offset < end && (piece = piece_at(turn->bytes, offset))) {
        uint64_t skip = offset - piece->offset;
        uint64_t length = piece->length - skip;

        if (length > end - offset)
            length = end - offset;
        ordered[count++] =
            (struct cs_http_piece){piece->ts_ns, turn->bytes->data + piece->at + skip, length};
        offset += length;
    }
    return count;
}

int cs_turn_give(struct cs_turn *turn, const struct cs_event_turn *event, bool goes_on,
                 struct cs_http *http)
{
    struct cs_http_piece ordered[CS_TURN_PACKETS];
    uint64_t end = event->end[turn->direction];
    struct cs_http_turn part = {
        .direction = turn->direction,
        .start = (uint32_t)turn->start,
        .first_ns = turn->begin_ns,
        .last_ns = event->last_ns[turn->direction],
        .pieces = ordered,
    };
    int err = 0;

    if (turn->is_open && end > turn->start) {
        part.length = end - turn->start;
        part.piece_count = put_in_order(turn, end, ordered);
        if (part.piece_count)
            part.first_ns = ordered[0].ts_ns;
        err = cs_http_add(http, &part);
        turn->start = end;
        turn->begin_ns = part.last_ns;
    }
    if (!goes_on)
        cs_turn_wipe(turn);
    return err;
}

void cs_turn_wipe(struct cs_turn *turn)
{
    if (turn->bytes)
        explicit_bzero(turn->bytes, sizeof(*turn->bytes));
    free(turn->bytes);
    *turn = (struct cs_turn){0};
}
