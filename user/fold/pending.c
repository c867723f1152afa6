/* SPDX-License-Identifier: MIT */
/* The table of TLS connections in progress: a map for the id, three queues for the age. */
#include "user/fold/pending.h"

#include <stdlib.h>

void cs_pending_table_init(struct cs_pending_table *table)
{
    *table = (struct cs_pending_table){0};
    for (int queue = 0; queue < CS_PENDING_QUEUE_COUNT; queue++)
        TAILQ_INIT(&table->queues[queue]);
}

void cs_pending_table_free(struct cs_pending_table *table)
{
    struct cs_pending *pending;

    while ((pending = cs_pending_oldest(table)))
        cs_pending_forget(table, pending);
    cs_map_free(&table->map);
}

struct cs_pending *cs_pending_new(struct cs_pending_table *table, uint64_t id, uint64_t now_ns)
{
    struct cs_pending *pending = calloc(1, sizeof(*pending));

    if (!pending || cs_map_put(&table->map, id, pending)) {
        free(pending);
        return NULL;
    }
    pending->id = id;
    pending->born_ns = now_ns;
    pending->queue = CS_PENDING_ORPHAN;
    TAILQ_INSERT_TAIL(&table->queues[CS_PENDING_ORPHAN], pending, link);
    return pending;
}

struct cs_pending *cs_pending_find(const struct cs_pending_table *table, uint64_t id)
{
    return cs_map_get(&table->map, id);
}

void cs_pending_move(struct cs_pending_table *table, struct cs_pending *pending,
                     enum cs_pending_queue queue)
{
    if (pending->queue == queue)
        return;
    TAILQ_REMOVE(&table->queues[pending->queue], pending, link);
    TAILQ_INSERT_TAIL(&table->queues[queue], pending, link);
    pending->queue = queue;
}

struct cs_pending *cs_pending_oldest(const struct cs_pending_table *table)
{
    struct cs_pending *oldest = NULL;

    for (int queue = 0; queue < CS_PENDING_QUEUE_COUNT; queue++) {
        struct cs_pending *first = TAILQ_FIRST(&table->queues[queue]);

        if (first && (!oldest || first->born_ns < oldest->born_ns))
            oldest = first;
    }
    return oldest;
}

void cs_pending_forget(struct cs_pending_table *table, struct cs_pending *pending)
{
    cs_map_take(&table->map, pending->id);
    TAILQ_REMOVE(&table->queues[pending->queue], pending, link);
    free(pending->server_name);
    cs_handshake_free(pending->handshake);
    cs_prelude_free(&pending->prelude);
    cs_name_release(pending->exe);
    cs_name_release(pending->cgroup);
    free(pending);
}

/* Fibonacci hashing: ids may be counters kept per CPU, alike in their low bits. */
static size_t slot_of(uint64_t id)
{
    return (id * 0x9e3779b97f4a7c15ULL >> 32) % CS_PENDING_PAST_SLOTS;
}

void cs_pending_mark_done(struct cs_pending_table *table, uint64_t id)
{
    table->past[slot_of(id)] = id;
}

bool cs_pending_was_done(const struct cs_pending_table *table, uint64_t id)
{
    return table->past[slot_of(id)] == id;
}

void cs_pending_mark_told(struct cs_pending_table *table, uint64_t id)
{
    table->past[slot_of(id)] = ~id;
}

bool cs_pending_was_told(const struct cs_pending_table *table, uint64_t id)
{
    uint64_t past = table->past[slot_of(id)];

    return past == id || past == ~id;
}
