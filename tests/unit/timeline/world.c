/* SPDX-License-Identifier: MIT */
/* What the tests of this room are played in. */
#include "tests/unit/timeline/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/timeline/timeline.h"

struct connspan_timeline *world_open(void)
{
    struct connspan_timeline *timeline;

    return cs_timeline_new(&(struct cs_log){0}, &timeline) ? NULL : timeline;
}

void world_load_at(struct connspan_timeline *timeline, unsigned number, uint64_t start_ns)
{
    struct connspan_entry entry = {
        .size = sizeof(entry), .sequence = number, .start_time = start_ns, .next_hop_protocol = ""};
    char name[64];

    snprintf(name, sizeof(name), "https://%u.example/", number);
    entry.name = name;
    connspan_timeline_queue(timeline, &entry);
}

void world_load(struct connspan_timeline *timeline, unsigned number)
{
    world_load_at(timeline, number, number * 1000ull);
}

size_t world_buffered(struct connspan_timeline *timeline)
{
    struct connspan_entry_list *list;
    size_t count;

    if (connspan_timeline_get_entries_by_type(timeline, "resource", &list))
        return SIZE_MAX;
    count = list->count;
    connspan_entry_list_free(list);
    return count;
}

static void put_numbers(const struct connspan_entry_list *list, char *text, size_t room)
{
    size_t used = strlen(text);

    for (size_t i = 0; i < list->count && used < room; i++)
        used += (size_t)snprintf(text + used, room - used, "%d ",
                                 atoi(list->entries[i]->name + strlen("https://")));
}

const char *world_text(struct connspan_entry_list *list)
{
    static _Thread_local char text[4096];

    text[0] = '\0';
    put_numbers(list, text, sizeof(text));
    connspan_entry_list_free(list);
    return text;
}

const char *world_buffer_text(struct connspan_timeline *timeline)
{
    struct connspan_entry_list *list;

    return connspan_timeline_get_entries(timeline, &list) ? "out of memory" : world_text(list);
}

static void on_records(void *context, struct connspan_observer *observer,
                       const struct connspan_records *records)
{
    struct watcher *watcher = context;
    size_t used;

    (void)observer;
    put_numbers(records->list, watcher->told, sizeof(watcher->told));
    used = strlen(watcher->told);
    if (records->first)
        used += (size_t)snprintf(watcher->told + used, sizeof(watcher->told) - used,
                                 "(dropped %u) ", (unsigned)records->dropped_entries);
    snprintf(watcher->told + used, sizeof(watcher->told) - used, "|");
    watcher->callbacks++;
    watcher->lost = records->lost_entries;
}

void world_watch(struct connspan_timeline *timeline, struct watcher *watcher)
{
    *watcher = (struct watcher){0};
    connspan_observer_new(timeline, on_records, watcher, &watcher->observer);
}

int world_observe(struct connspan_observer *observer, const char *type, bool buffered)
{
    struct connspan_observe wanted = CONNSPAN_OBSERVE;

    wanted.type = type;
    wanted.buffered = buffered;
    return connspan_observer_observe(observer, &wanted);
}

int world_observe_types(struct connspan_observer *observer, const char *const *types, size_t count)
{
    struct connspan_observe wanted = CONNSPAN_OBSERVE;

    wanted.entry_types = types;
    wanted.entry_type_count = count;
    return connspan_observer_observe(observer, &wanted);
}
