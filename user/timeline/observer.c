/* SPDX-License-Identifier: MIT */
/* The public observer: its modes, what it observes, what waits for it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/timeline/timeline.h"

static const char *const types[] = {"resource", NULL};

const char *const *connspan_observer_supported_types(void)
{
    return types;
}

uint32_t cs_timeline_type(const char *type)
{
    for (uint32_t i = 0; type && types[i]; i++) {
        if (!strcmp(types[i], type))
            return 1u << i;
    }
    return 0;
}

void cs_observer_give(struct connspan_observer *observer, struct cs_item *item)
{
    if (observer->waiting.count >= CS_OBSERVER_LIMIT || cs_items_add(&observer->waiting, item))
        observer->lost++;
}

int connspan_observer_new(struct connspan_timeline *timeline, connspan_observer_fn fn,
                          void *context, struct connspan_observer **out)
{
    struct connspan_observer *observer;
    struct connspan_observer **end;

    if (!fn)
        return cs_fail(&timeline->log, -EINVAL, "an observer needs a callback");
    observer = calloc(1, sizeof(*observer));
    if (!observer)
        return cs_fail(&timeline->log, -ENOMEM, "out of memory");
    observer->timeline = timeline;
    observer->fn = fn;
    observer->context = context;
    pthread_mutex_lock(&timeline->lock);
    for (end = &timeline->observers; *end; end = &(*end)->next)
        ;
    *end = observer;
    pthread_mutex_unlock(&timeline->lock);
    *out = observer;
    return 0;
}

static const char *type_error(const struct connspan_observe *wanted)
{
    if (!wanted->type && !wanted->entry_types)
        return "observe: neither a type nor entry types";
    if (wanted->entry_types && (wanted->type || wanted->buffered))
        return "observe: entry types go alone, without type and buffered";
    return NULL;
}

static uint32_t wanted_types(const struct connspan_observe *wanted)
{
    uint32_t bits = cs_timeline_type(wanted->type);

    for (size_t i = 0; wanted->entry_types && i < wanted->entry_type_count; i++)
        bits |= cs_timeline_type(wanted->entry_types[i]);
    return bits;
}

static void give_buffered(struct connspan_observer *observer)
{
    const struct cs_items *entries = &observer->timeline->buffer.entries;

    for (size_t i = 0; i < entries->count; i++)
        cs_observer_give(observer, entries->items[i]);
    cs_timeline_task(observer->timeline, CS_TASK_OBSERVERS);
}

/* False: it observes in the other mode. */
static bool observe(struct connspan_observer *observer, const struct connspan_observe *wanted,
                    uint32_t bits)
{
    enum cs_observer_mode mode = wanted->type ? CS_OBSERVER_SINGLE : CS_OBSERVER_MULTIPLE;

    if (observer->mode != CS_OBSERVER_NEW && observer->mode != mode)
        return false;
    observer->mode = mode;
    observer->requires_dropped = true;
    if (!bits)
        return true;
    if (!observer->types)
        observer->registered = ++observer->timeline->registrations;
    observer->types = mode == CS_OBSERVER_SINGLE ? observer->types | bits : bits;
    if (wanted->buffered)
        give_buffered(observer);
    return true;
}

int connspan_observer_observe(struct connspan_observer *observer,
                              const struct connspan_observe *given)
{
    struct connspan_timeline *timeline = observer->timeline;
    struct connspan_observe wanted = {0}; /* the caller's may be of an older library */
    const char *wrong;
    uint32_t bits;
    bool fits;

    memcpy(&wanted, given, given->size < sizeof(wanted) ? given->size : sizeof(wanted));
    wrong = type_error(&wanted);
    if (wrong)
        return cs_fail(&timeline->log, -EINVAL, "%s", wrong);
    bits = wanted_types(&wanted);
    pthread_mutex_lock(&timeline->lock);
    fits = observe(observer, &wanted, bits);
    pthread_mutex_unlock(&timeline->lock);
    if (!fits)
        return cs_fail(&timeline->log, -EBUSY,
                       "observe: this observer has observed by %s before: take another one",
                       wanted.type ? "entry types" : "type");
    if (!bits)
        cs_say(&timeline->log, CONNSPAN_WARNING, "observe: there are no entries of such a type");
    return 0;
}

int connspan_observer_take_records(struct connspan_observer *observer,
                                   struct connspan_entry_list **list)
{
    int err;

    pthread_mutex_lock(&observer->timeline->lock);
    err = cs_items_list(&observer->waiting, &(struct cs_query){0}, list);
    if (!err)
        cs_items_clear(&observer->waiting);
    pthread_mutex_unlock(&observer->timeline->lock);
    return err;
}

static void disconnect(struct connspan_observer *observer)
{
    observer->types = 0; /* the mode stays: the standard has no way back */
    cs_items_clear(&observer->waiting);
}

void connspan_observer_disconnect(struct connspan_observer *observer)
{
    pthread_mutex_lock(&observer->timeline->lock);
    disconnect(observer);
    pthread_mutex_unlock(&observer->timeline->lock);
}

static void unlink_observer(struct connspan_observer *observer)
{
    struct connspan_observer **at = &observer->timeline->observers;

    while (*at && *at != observer)
        at = &(*at)->next;
    if (*at)
        *at = observer->next;
}

void connspan_observer_free(struct connspan_observer *observer)
{
    struct connspan_timeline *timeline = observer ? observer->timeline : NULL;
    bool own_callback;

    if (!observer)
        return;
    pthread_mutex_lock(&timeline->lock);
    disconnect(observer);
    cs_items_free(&observer->waiting);
    unlink_observer(observer);
    own_callback = observer->running && cs_timeline_is_poller(timeline);
    while (observer->running && !own_callback)
        pthread_cond_wait(&timeline->returned, &timeline->lock);
    observer->freed = own_callback;
    pthread_mutex_unlock(&timeline->lock);
    if (!own_callback)
        free(observer);
}
