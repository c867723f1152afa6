/* SPDX-License-Identifier: MIT */
/* The parts of `performance` that read and govern the buffer. */
#include "user/timeline/source.h"
#include "user/timeline/timeline.h"

static int get(struct connspan_timeline *timeline, const struct cs_query *query,
               struct connspan_entry_list **list)
{
    int err;

    pthread_mutex_lock(&timeline->lock);
    err = cs_items_list(&timeline->buffer.entries, query, list);
    pthread_mutex_unlock(&timeline->lock);
    return err;
}

int connspan_timeline_get_entries(struct connspan_timeline *timeline,
                                  struct connspan_entry_list **list)
{
    return get(timeline, &(struct cs_query){0}, list);
}

int connspan_timeline_get_entries_by_type(struct connspan_timeline *timeline, const char *type,
                                          struct connspan_entry_list **list)
{
    return get(timeline, &(struct cs_query){.type = type}, list);
}

int connspan_timeline_get_entries_by_name(struct connspan_timeline *timeline, const char *name,
                                          const char *type, struct connspan_entry_list **list)
{
    return get(timeline, &(struct cs_query){.name = name, .type = type}, list);
}

void connspan_timeline_set_resource_timing_buffer_size(struct connspan_timeline *timeline,
                                                       size_t entries)
{
    pthread_mutex_lock(&timeline->lock);
    timeline->buffer.limit = entries;
    pthread_mutex_unlock(&timeline->lock);
}

void connspan_timeline_clear_resource_timings(struct connspan_timeline *timeline)
{
    pthread_mutex_lock(&timeline->lock);
    cs_items_clear(&timeline->buffer.entries);
    pthread_mutex_unlock(&timeline->lock);
}

void connspan_timeline_on_resource_timing_buffer_full(struct connspan_timeline *timeline,
                                                      connspan_timeline_full_fn fn, void *context)
{
    pthread_mutex_lock(&timeline->lock);
    timeline->on_full = fn;
    timeline->full_context = context;
    pthread_mutex_unlock(&timeline->lock);
}

uint64_t connspan_timeline_dropped_entries(struct connspan_timeline *timeline, const char *type)
{
    uint64_t dropped = 0;

    pthread_mutex_lock(&timeline->lock);
    if (cs_timeline_type(type))
        dropped = timeline->buffer.dropped + timeline->dropped_before;
    pthread_mutex_unlock(&timeline->lock);
    return dropped;
}

uint64_t connspan_timeline_lost_entries(struct connspan_timeline *timeline)
{
    uint64_t lost;

    pthread_mutex_lock(&timeline->lock);
    lost = timeline->lost;
    pthread_mutex_unlock(&timeline->lock);
    return lost;
}

void cs_timeline_dropped_before(struct connspan_timeline *timeline, uint64_t entries)
{
    pthread_mutex_lock(&timeline->lock);
    timeline->dropped_before = entries;
    pthread_mutex_unlock(&timeline->lock);
}

void cs_timeline_lost(struct connspan_timeline *timeline, uint64_t entries)
{
    pthread_mutex_lock(&timeline->lock);
    timeline->lost = entries;
    pthread_mutex_unlock(&timeline->lock);
}
