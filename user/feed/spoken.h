/* SPDX-License-Identifier: MIT */
/*
 * How far each connection's plain text has come, so that of a TURN record no more goes on a tape
 * than the heads that user/http would read there: what is a body only what came before can tell.
 */
#pragma once

#include <sys/queue.h>

#include "include/wire/event.h"
#include "user/base/map.h"

TAILQ_HEAD(cs_talker_list, cs_talker);

struct cs_spoken {
    struct cs_map map;
    struct cs_talker_list list; /* in order of their beginning */
    uint64_t lost;              /* connections of which no more is told for want of memory */
};

void cs_spoken_init(struct cs_spoken *spoken);
void cs_spoken_free(struct cs_spoken *spoken);

/*
 * The next record of plain text that is not HTTP/2: what no tape may hold is overwritten in it. Of
 * a connection whose beginning was not seen, and of what came out of order, that is all.
 */
void cs_spoken_redact(struct cs_spoken *spoken, struct cs_event_turn *turn);
void cs_spoken_forget(struct cs_spoken *spoken, uint64_t id); /* it ended */
