/* SPDX-License-Identifier: MIT */
/* A record is of one packet: all that begins and ends in it has its time. */
#include "user/fold/framed.h"

/* What finds no memory is lost, which cs_http_add() notes. */
static void give(struct cs_http *http, struct cs_http_turn *turn, uint64_t start, uint64_t end)
{
    if (end <= start)
        return;
    turn->start = (uint32_t)start;
    turn->length = end - start;
    turn->is_sparse = true;
    cs_http_add(http, turn);
}

void cs_framed_add(struct cs_framed *framed, const struct cs_event_turn *event,
                   struct cs_http *http)
{
    uint64_t *reach = &framed->reach[event->direction];
    uint64_t end = event->end[event->direction];
    struct cs_http_piece piece = {event->event.ts_ns, event->data, event->data_bytes};
    struct cs_http_turn turn = {
        .direction = event->direction,
        .first_ns = event->event.ts_ns,
        .last_ns = event->event.ts_ns,
        .pieces = &piece,
        .piece_count = 1,
        .skipped = event->offset - *reach,
    };

    framed->is_open = true;
    give(http, &turn, *reach, end);
    if (end > *reach)
        *reach = end;
    for (int i = 0; i < CS_DIRECTION_COUNT; i++) {
        if (event->lost & 1 << i)
            cs_http_lose(http, i);
    }
}

/* The rest must be of frames that are passed over. */
void cs_framed_close(const struct cs_framed *framed, const struct cs_event_turn *last,
                     struct cs_http *http)
{
    for (int i = 0; i < CS_DIRECTION_COUNT && framed->is_open; i++) {
        struct cs_http_turn turn = {
            .direction = i,
            .first_ns = last->last_ns[i],
            .last_ns = last->last_ns[i],
        };

        if (last->lost & 1 << i)
            cs_http_lose(http, i);
        give(http, &turn, framed->reach[i], last->end[i]);
    }
}
