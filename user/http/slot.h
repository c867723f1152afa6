/* SPDX-License-Identifier: MIT */
/*
 * Exchanges in progress and those that wait to be fetched: two lists, first in, first out. Freed
 * slots are wiped. It knows nothing of protocols.
 */
#pragma once

#include "user/http/exchange.h"

struct cs_http_slot {
    struct cs_http_slot *next;
    struct cs_http_exchange exchange;
};

struct cs_http_slots {
    struct cs_http_slot *open;
    struct cs_http_slot *done;
    unsigned open_count;
};

/* A new open one, behind all others. NULL: out of memory. */
struct cs_http_slot *cs_http_slot_open(struct cs_http_slots *slots);

/* From the open ones to the done ones. */
void cs_http_slot_done(struct cs_http_slots *slots, struct cs_http_slot *slot);

/* All open ones are done as they are, with `flags` added. */
void cs_http_slots_done(struct cs_http_slots *slots, uint32_t flags);

bool cs_http_slots_take(struct cs_http_slots *slots, struct cs_http_exchange *exchange);
void cs_http_slots_wipe(struct cs_http_slots *slots);
