/* SPDX-License-Identifier: MIT */
/* The two kinds of callbacks: when they are queued, and how poll runs them, without the lock. */
#include <connspan/error.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/timeline/timeline.h"

bool cs_timeline_is_poller(const struct connspan_timeline *timeline)
{
    return timeline->polling && pthread_equal(timeline->poller, pthread_self());
}

void cs_timeline_task(struct connspan_timeline *timeline, enum cs_task task)
{
    for (unsigned i = 0; i < timeline->task_count; i++) {
        if (timeline->tasks[i] == task)
            return;
    }
    timeline->tasks[timeline->task_count++] = task;
    if (!cs_timeline_is_poller(timeline)) /* who polls looks at them anyway */
        connspan_timeline_wake(timeline);
}

static void call(struct connspan_observer *observer, const struct connspan_records *records)
{
    struct connspan_timeline *timeline = observer->timeline;

    observer->running = true;
    pthread_mutex_unlock(&timeline->lock);
    observer->fn(observer->context, observer, records);
    pthread_mutex_lock(&timeline->lock);
    observer->running = false;
    pthread_cond_broadcast(&timeline->returned);
    if (observer->freed)
        free(observer);
}

static void deliver(struct connspan_observer *observer)
{
    struct connspan_timeline *timeline = observer->timeline;
    struct connspan_records records = {
        .size = sizeof(records),
        .first = observer->requires_dropped,
    };
    struct connspan_entry_list *list;

    if (cs_items_list(&observer->waiting, &(struct cs_query){0}, &list)) {
        observer->lost += observer->waiting.count;
        cs_items_clear(&observer->waiting);
        return;
    }
    cs_items_clear(&observer->waiting);
    if (records.first)
        records.dropped_entries = timeline->buffer.dropped + timeline->dropped_before;
    records.lost_entries = timeline->lost + observer->lost;
    records.list = list;
    observer->requires_dropped = false;
    call(observer, &records);
    connspan_entry_list_free(list);
}

/* The next in order of registration that has something and was not told in this round: callbacks
 * may add, free and disconnect observers. */
static struct connspan_observer *next_to_tell(struct connspan_timeline *timeline)
{
    struct connspan_observer *next = NULL;

    for (struct connspan_observer *at = timeline->observers; at; at = at->next) {
        if (at->round != timeline->round && at->waiting.count &&
            (!next || at->registered < next->registered))
            next = at;
    }
    return next;
}

static void tell_observers(struct connspan_timeline *timeline)
{
    struct connspan_observer *observer;

    timeline->round++;
    while ((observer = next_to_tell(timeline))) {
        observer->round = timeline->round;
        deliver(observer);
    }
}

static void fire_full(void *context)
{
    struct connspan_timeline *timeline = context;
    connspan_timeline_full_fn fn = timeline->on_full;
    void *fn_context = timeline->full_context;

    if (!fn)
        return;
    pthread_mutex_unlock(&timeline->lock);
    fn(fn_context, timeline);
    pthread_mutex_lock(&timeline->lock);
}

bool cs_timeline_run_tasks(struct connspan_timeline *timeline)
{
    enum cs_task tasks[CS_TASK_KINDS];
    unsigned count = timeline->task_count;

    memcpy(tasks, timeline->tasks, sizeof(tasks));
    timeline->task_count = 0;
    for (unsigned i = 0; i < count; i++) {
        if (tasks[i] == CS_TASK_OBSERVERS)
            tell_observers(timeline);
        else
            cs_buffer_make_room(&timeline->buffer, fire_full, timeline);
    }
    return count > 0;
}
