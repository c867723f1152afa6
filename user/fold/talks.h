/* SPDX-License-Identifier: MIT */
/*
 * The connections whose requests are followed, and the records that are made of their exchanges:
 * the first has the connection's marks, later ones reuse it. A connection of which no exchange is
 * seen is told as it would have been without.
 */
#pragma once

#include "user/base/map.h"
#include "user/fold/delivery.h"
#include "user/fold/early.h"
#include "user/fold/fold.h"
#include "user/fold/talk.h"

TAILQ_HEAD(cs_talk_list, cs_talk);

struct cs_talks {
    struct cs_delivery *delivery;
    const struct cs_fold_options *options;
    struct cs_map map;
    struct cs_talk_list list; /* in order of their beginning */
    struct cs_early early;
    uint64_t full; /* connections that were followed no further for want of room */
    uint64_t lost; /* times that the thread of one was */
};

/* Both are borrowed as long as the talks live. */
void cs_talks_init(struct cs_talks *talks, struct cs_delivery *delivery,
                   const struct cs_fold_options *options);
void cs_talks_free(struct cs_talks *talks); /* what is open is dropped untold */

/*
 * A connection that is complete: it is followed from here on if its requests are, else delivered if
 * it `is_news`, that is, not told before.
 */
void cs_talks_take(struct cs_talks *talks, struct cs_record *record, bool is_news, uint64_t now_ns);

/* One that is not followed is ignored. */
void cs_talks_turn(struct cs_talks *talks, const struct cs_event_turn *event);
/* The capture of its handshake ended, and no turns will come. */
void cs_talks_end(struct cs_talks *talks, const struct cs_event_end *event);
/* The tracer stops. */
void cs_talks_finish(struct cs_talks *talks, uint64_t now_ns);
