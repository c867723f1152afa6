/* SPDX-License-Identifier: MIT */
/* A record that waits owns its texts. */
#include "user/fold/delivery.h"

#include <stdlib.h>

enum { MAX_HELD = 256 };

/* The record of the other attempt comes by then. One that a race may have lost waits for a winner
 * that says nothing, which is told a second or two after it was established (sweep.bpf.c). */
#define HOLD_NS  1000000000ull
#define LOSER_NS 2500000000ull

struct cs_held {
    TAILQ_ENTRY(cs_held) link;
    uint64_t since_ns;
    struct cs_kept kept;
};

void cs_delivery_init(struct cs_delivery *delivery,
                      void (*on_record)(void *context, const struct cs_record *record),
                      void *context)
{
    *delivery = (struct cs_delivery){.on_record = on_record, .context = context};
    cs_resolver_init(&delivery->resolver);
    TAILQ_INIT(&delivery->held);
}

static void release(struct cs_delivery *delivery, struct cs_held *held)
{
    TAILQ_REMOVE(&delivery->held, held, link);
    delivery->held_count--;
    cs_kept_free(&held->kept);
    free(held);
}

void cs_delivery_free(struct cs_delivery *delivery)
{
    struct cs_held *held;

    while ((held = TAILQ_FIRST(&delivery->held)))
        release(delivery, held);
    cs_resolver_free(&delivery->resolver);
}

/* False: no room, or out of memory. */
static bool hold(struct cs_delivery *delivery, const struct cs_record *record, uint64_t now_ns)
{
    struct cs_held *held = delivery->held_count < MAX_HELD ? calloc(1, sizeof(*held)) : NULL;

    if (!held || cs_kept_copy(&held->kept, record)) {
        free(held);
        return false;
    }
    held->since_ns = now_ns;
    TAILQ_INSERT_TAIL(&delivery->held, held, link);
    delivery->held_count++;
    return true;
}

void cs_deliver(struct cs_delivery *delivery, struct cs_record *record, uint64_t now_ns)
{
    bool decided = cs_resolver_judge(&delivery->resolver, record);

    if (!decided && hold(delivery, record, now_ns))
        return;
    delivery->full += !decided;
    delivery->on_record(delivery->context, record);
}

void cs_delivery_sweep(struct cs_delivery *delivery, uint64_t now_ns)
{
    struct cs_held *held, *next;

    for (held = TAILQ_FIRST(&delivery->held); held; held = next) {
        uint64_t hold_ns = held->kept.record.given_up ? LOSER_NS : HOLD_NS;
        bool overdue = now_ns > held->since_ns && now_ns - held->since_ns > hold_ns;

        next = TAILQ_NEXT(held, link);
        if (!cs_resolver_judge(&delivery->resolver, &held->kept.record) && !overdue)
            continue;
        delivery->on_record(delivery->context, &held->kept.record);
        release(delivery, held);
    }
}
