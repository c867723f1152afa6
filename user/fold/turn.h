/* SPDX-License-Identifier: MIT */
/*
 * The turn of a connection in plain text that is going on: its first bytes, which may come in
 * pieces, late, or twice, put in order for user/http. It may be closed in parts.
 */
#pragma once

#include "include/wire/event.h"
#include "user/http/http.h"

struct cs_turn_bytes;

struct cs_turn {
    bool is_open;
    enum cs_direction direction;
    uint64_t start;              /* of the part that is going on */
    uint64_t begin_ns;           /* the record that began it */
    struct cs_turn_bytes *bytes; /* NULL: none came, or out of memory */
};

/* The direction changed; what was open must be closed. */
void cs_turn_begin(struct cs_turn *turn, const struct cs_event_turn *event);
/* Bytes of it; more than the kernel tells of one turn are let go. */
void cs_turn_add(struct cs_turn *turn, const struct cs_event_turn *event);

/*
 * Gives what came up to the end that `event` tells to `http`: 0, or -ENOMEM, which the exchanges
 * will say. With `goes_on` the rest of the turn will follow; else it is over, and wiped.
 */
int cs_turn_give(struct cs_turn *turn, const struct cs_event_turn *event, bool goes_on,
                 struct cs_http *http);
void cs_turn_wipe(struct cs_turn *turn);
