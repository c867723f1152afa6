/* SPDX-License-Identifier: MIT */
/*
 * A timeline as this room sees it: the lock, and what it guards. Callbacks are tasks in the sense
 * of HTML: queued when something happens, run by the next poll, in order.
 */
#pragma once

#include <connspan/observer.h>
#include <pthread.h>

#include "user/base/log.h"
#include "user/timeline/buffer.h"

enum { CS_OBSERVER_LIMIT = 65536 }; /* entries that wait for one observer's callback */

enum cs_task { CS_TASK_OBSERVERS, CS_TASK_BUFFER_FULL, CS_TASK_KINDS };

enum cs_observer_mode { CS_OBSERVER_NEW, CS_OBSERVER_SINGLE, CS_OBSERVER_MULTIPLE };

struct connspan_observer {
    struct connspan_timeline *timeline;
    connspan_observer_fn fn;
    void *context;
    enum cs_observer_mode mode;
    uint32_t types; /* observed: a bit per supported type; 0: not registered */
    bool requires_dropped;
    struct cs_items waiting;
    uint64_t lost;
    uint64_t round;                 /* the last one that it was looked at in */
    bool running;                   /* its callback is under way */
    bool freed;                     /* by its own callback: goes when that returns */
    struct connspan_observer *next; /* of all, in order of creation */
    uint64_t registered;            /* 1, 2, ...: in this order they are told */
};

struct connspan_timeline {
    pthread_mutex_t lock;
    pthread_cond_t returned; /* a callback has */
    struct cs_log log;
    struct cs_buffer buffer;
    struct connspan_observer *observers;
    uint64_t registrations;
    enum cs_task tasks[CS_TASK_KINDS];
    unsigned task_count;
    uint64_t round;
    bool polling;
    pthread_t poller;
    connspan_timeline_full_fn on_full;
    void *full_context;
    int epoll_fd;
    int wake_fd;
    const struct cs_entry_source_kind *kind; /* NULL: none */
    struct cs_entry_source *source;
    uint64_t dropped_before;
    uint64_t lost;
};

/* Without a source. 0 or -errno. */
int cs_timeline_new(const struct cs_log *log, struct connspan_timeline **timeline);

/* The rest is called with the lock held. */

/* The bit of a type; 0: there is no such. */
uint32_t cs_timeline_type(const char *type);

void cs_timeline_task(struct connspan_timeline *timeline, enum cs_task task);
bool cs_timeline_run_tasks(struct connspan_timeline *timeline); /* unlocks around callbacks */

/* Into what waits for the observer's callback; counted where it cannot be. */
void cs_observer_give(struct connspan_observer *observer, struct cs_item *item);
bool cs_timeline_is_poller(const struct connspan_timeline *timeline); /* the calling thread */
