/* SPDX-License-Identifier: MIT */
/* A record that waits owns its texts. It waits a second at most. */
#include "user/fold/delivery.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_HELD = 256, TEXTS = 4 };

#define HOLD_NS 1000000000ull

struct cs_held {
    TAILQ_ENTRY(cs_held) link;
    uint64_t since_ns;
    struct cs_record record;
    struct cs_preamble_facts tunnel;
    char *texts[TEXTS];
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
    for (int i = 0; i < TEXTS; i++)
        free(held->texts[i]);
    free(held);
}

void cs_delivery_free(struct cs_delivery *delivery)
{
    struct cs_held *held;

    while ((held = TAILQ_FIRST(&delivery->held)))
        release(delivery, held);
    cs_resolver_free(&delivery->resolver);
}

static void own(const char **text, char **copy)
{
    *copy = *text ? strdup(*text) : NULL;
    *text = *copy;
}

/* False: no room, or out of memory. */
static bool hold(struct cs_delivery *delivery, const struct cs_record *record, uint64_t now_ns)
{
    struct cs_held *held = delivery->held_count < MAX_HELD ? calloc(1, sizeof(*held)) : NULL;

    if (!held)
        return false;
    held->since_ns = now_ns;
    held->record = *record;
    if (record->tunnel) {
        held->tunnel = *record->tunnel;
        held->record.tunnel = &held->tunnel;
    }
    own(&held->record.exe, &held->texts[0]);
    own(&held->record.cgroup, &held->texts[1]);
    own(&held->record.tls.library, &held->texts[2]);
    own(&held->record.lookup.name, &held->texts[3]);
    TAILQ_INSERT_TAIL(&delivery->held, held, link);
    delivery->held_count++;
    return true;
}

void cs_deliver(struct cs_delivery *delivery, struct cs_record *record, uint64_t now_ns)
{
    bool decided;

    cs_resolver_join(&delivery->resolver, record);
    decided = cs_resolver_judge(&delivery->resolver, record);
    if (!decided && hold(delivery, record, now_ns))
        return;
    delivery->full += !decided;
    delivery->on_record(delivery->context, record);
}

void cs_delivery_sweep(struct cs_delivery *delivery, uint64_t now_ns)
{
    struct cs_held *held, *next;

    for (held = TAILQ_FIRST(&delivery->held); held; held = next) {
        bool overdue = now_ns > held->since_ns && now_ns - held->since_ns > HOLD_NS;

        next = TAILQ_NEXT(held, link);
        if (!cs_resolver_judge(&delivery->resolver, &held->record) && !overdue)
            continue;
        delivery->on_record(delivery->context, &held->record);
        release(delivery, held);
    }
}
