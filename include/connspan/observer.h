/* SPDX-License-Identifier: MIT */
/*
 * PerformanceObserver: is told of the entries of a timeline, in batches, when the timeline is
 * polled. A timeline has as many as one likes. Threads and errors: see timeline.h.
 */
#pragma once

#include <connspan/timeline.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct connspan_observer;

/* What a callback is given; all of it lives until the callback returns. */
struct connspan_records {
    size_t size; /* of this struct in the library that filled it */
    const struct connspan_entry_list *list;
    bool first;               /* since observe: the only time that the next is told, else 0 */
    uint64_t dropped_entries; /* droppedEntriesCount: buffered entries are missing so many */
    uint64_t lost_entries;    /* so far: came while too many waited, or never (timeline.h) */
};

typedef void (*connspan_observer_fn)(void *context, struct connspan_observer *observer,
                                     const struct connspan_records *records);

/* The members of PerformanceObserverInit. */
struct connspan_observe {
    size_t size;                    /* sizeof(struct connspan_observe): see CONNSPAN_OBSERVE */
    const char *type;               /* one type; further calls add further types */
    bool buffered;                  /* and what is in the buffer; with `type` alone */
    const char *const *entry_types; /* or these; a further call replaces them */
    size_t entry_type_count;
};

#define CONNSPAN_OBSERVE                                                                           \
    {                                                                                              \
        .size = sizeof(struct connspan_observe)                                                    \
    }

/* It observes nothing yet. 0, -ENOMEM, or -EINVAL: no callback. */
int connspan_observer_new(struct connspan_timeline *timeline, connspan_observer_fn fn,
                          void *context, struct connspan_observer **observer);

/*
 * -EINVAL, the standard's TypeError: neither `type` nor `entry_types`, or `entry_types` and more.
 * -EBUSY, its InvalidModificationError: this observer has observed in the other way. Types that
 * there are not are ignored, with a warning to the log when nothing is left.
 */
int connspan_observer_observe(struct connspan_observer *observer,
                              const struct connspan_observe *wanted);

/* What no callback was given yet: a list that the caller frees. It will be given to none. */
int connspan_observer_take_records(struct connspan_observer *observer,
                                   struct connspan_entry_list **list);

/* No more callbacks but one under way; may observe again, in the same way. */
void connspan_observer_disconnect(struct connspan_observer *observer);

/* Disconnects and frees, once a callback under way in another thread has returned. NULL is fine. */
void connspan_observer_free(struct connspan_observer *observer);

/* PerformanceObserver.supportedEntryTypes: in alphabetical order, NULL at the end. */
const char *const *connspan_observer_supported_types(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
