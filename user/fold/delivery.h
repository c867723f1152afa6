/* SPDX-License-Identifier: MIT */
/*
 * The way out of the fold: a record waits a moment if it may have
 * run in a race of addresses that is not decided, and is handed over.
 */
#pragma once

#include <sys/queue.h>

#include "user/fold/kept.h"
#include "user/fold/lookup.h"

struct cs_held;
TAILQ_HEAD(cs_held_list, cs_held);

struct cs_delivery {
    void (*on_record)(void *context, const struct cs_record *record);
    void *context;
    struct cs_resolver resolver;
    struct cs_held_list held; /* oldest first */
    size_t held_count;
    uint64_t full; /* records that found no room to wait */
};

void cs_delivery_init(struct cs_delivery *delivery,
                      void (*on_record)(void *context, const struct cs_record *record),
                      void *context);
void cs_delivery_free(struct cs_delivery *delivery);

/* It has its lookup (cs_resolver_join). What it borrows is copied if it has to wait. */
void cs_deliver(struct cs_delivery *delivery, struct cs_record *record, uint64_t now_ns);

/* Hands over what is decided by now; UINT64_MAX: everything. */
void cs_delivery_sweep(struct cs_delivery *delivery, uint64_t now_ns);
