/* SPDX-License-Identifier: MIT */
/* A ring: what finds no memory is lost, which shows in the bytes that follow. */
#include "user/fold/early.h"

#include <stdlib.h>
#include <string.h>

void cs_early_drop(struct cs_event_turn *turn)
{
    if (turn)
        explicit_bzero(turn, turn->event.size_bytes);
    free(turn);
}

void cs_early_keep(struct cs_early *early, const struct cs_event_turn *event)
{
    struct cs_event_turn *copy = malloc(event->event.size_bytes);

    if (!copy)
        return;
    memcpy(copy, event, event->event.size_bytes);
    cs_early_drop(early->turns[early->next]);
    early->turns[early->next] = copy;
    early->next = (early->next + 1) % CS_EARLY_TURNS;
}

struct cs_event_turn *cs_early_take(struct cs_early *early, __u64 conn_id)
{
    for (unsigned i = 0; i < CS_EARLY_TURNS; i++) {
        struct cs_event_turn **turn = &early->turns[(early->next + i) % CS_EARLY_TURNS];
        struct cs_event_turn *taken = *turn;

        if (taken && taken->event.conn_id == conn_id) {
            *turn = NULL;
            return taken;
        }
    }
    return NULL;
}

void cs_early_wipe(struct cs_early *early)
{
    for (unsigned i = 0; i < CS_EARLY_TURNS; i++)
        cs_early_drop(early->turns[i]);
    memset(early, 0, sizeof(*early));
}
