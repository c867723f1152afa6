/* SPDX-License-Identifier: MIT */
/*
 * Every call of a timeline and its observers from several threads at once while one polls, for
 * ThreadSanitizer to watch. What must hold at the end: each observer that stayed was told of every
 * entry, each once.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/timeline/world.h"

enum { FEEDERS = 2, CALLERS = 3, ENTRIES = 2000, ROUNDS = 300 };

static struct connspan_timeline *timeline;
static bool fed; /* atomic, as below */
static unsigned busy_polls;

static void count(void *context, struct connspan_observer *observer,
                  const struct connspan_records *records)
{
    struct connspan_entry_list *list;

    *(uint64_t *)context += records->list->count;
    if (!connspan_observer_take_records(observer, &list)) {
        *(uint64_t *)context += list->count;
        connspan_entry_list_free(list);
    }
}

static void make_room(void *context, struct connspan_timeline *of)
{
    (void)context;
    connspan_timeline_clear_resource_timings(of);
}

static void *feed(void *context)
{
    (void)context;
    for (unsigned number = 1; number <= ENTRIES; number++)
        world_load(timeline, number);
    return NULL;
}

static void read_everything(void)
{
    struct connspan_entry_list *list;

    if (!connspan_timeline_get_entries(timeline, &list))
        connspan_entry_list_free(list);
    if (!connspan_timeline_get_entries_by_name(timeline, "https://7.example/", "resource", &list))
        connspan_entry_list_free(list);
    connspan_timeline_dropped_entries(timeline, "resource");
    connspan_timeline_lost_entries(timeline);
    connspan_timeline_set_resource_timing_buffer_size(timeline, 100);
    connspan_timeline_wake(timeline);
    if (connspan_timeline_poll(timeline, 0) == -EBUSY)
        __atomic_add_fetch(&busy_polls, 1, __ATOMIC_RELAXED);
}

/* Observers that come and go, freed while their callback may be under way in the poller. */
static void *call(void *context)
{
    (void)context;
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t told = 0; /* gone when the observer is */
        struct connspan_observer *observer;

        if (connspan_observer_new(timeline, count, &told, &observer))
            continue;
        world_observe(observer, "resource", true);
        read_everything();
        connspan_observer_disconnect(observer);
        world_observe(observer, "resource", false);
        connspan_observer_free(observer);
    }
    return NULL;
}

static void *poll_on(void *context)
{
    (void)context;
    while (!__atomic_load_n(&fed, __ATOMIC_ACQUIRE))
        connspan_timeline_poll(timeline, -1);
    return NULL;
}

static void run_threads(void)
{
    pthread_t poller, feeders[FEEDERS], callers[CALLERS];

    pthread_create(&poller, NULL, poll_on, NULL);
    for (int i = 0; i < FEEDERS; i++)
        pthread_create(&feeders[i], NULL, feed, NULL);
    for (int i = 0; i < CALLERS; i++)
        pthread_create(&callers[i], NULL, call, NULL);
    for (int i = 0; i < FEEDERS; i++)
        pthread_join(feeders[i], NULL);
    for (int i = 0; i < CALLERS; i++)
        pthread_join(callers[i], NULL);
    __atomic_store_n(&fed, true, __ATOMIC_RELEASE);
    connspan_timeline_wake(timeline);
    pthread_join(poller, NULL);
    while (connspan_timeline_poll(timeline, 0) > 0)
        ;
}

int main(void)
{
    struct connspan_observer *observers[2];
    uint64_t told[2] = {0};

    timeline = world_open();
    connspan_timeline_on_resource_timing_buffer_full(timeline, make_room, NULL);
    for (int i = 0; i < 2; i++) {
        connspan_observer_new(timeline, count, &told[i], &observers[i]);
        world_observe(observers[i], "resource", false);
    }
    run_threads();
    connspan_timeline_close(timeline);
    printf("told %u and %u of %u, %u polls were refused\n", (unsigned)told[0], (unsigned)told[1],
           FEEDERS * ENTRIES, busy_polls);
    return told[0] == FEEDERS * ENTRIES && told[1] == FEEDERS * ENTRIES ? 0 : 1;
}
