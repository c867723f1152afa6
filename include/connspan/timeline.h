/* SPDX-License-Identifier: MIT */
/*
 * The Performance Timeline of a host (https://www.w3.org/TR/performance-timeline/): the buffer of
 * finished entries that W3C Resource Timing describes, and where its entries come from. Who wants
 * to be told of each takes an observer (observer.h). docs/timeline.md says where we deviate, and
 * docs/library.md begins with a whole program.
 * Errors: 0 or -errno, connspan_error_text() of it, and a line to the log callback.
 * Threads: any thread may call anything at any time, but only one may poll (another gets -EBUSY),
 * and close comes when no other call is under way. Callbacks run in the thread that polls, one at a
 * time; they may call anything but poll and close. The log callback runs in the calling thread.
 */
#pragma once

#include <connspan/tracer.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define CONNSPAN_SOCKET "/run/connspan.sock" /* where `connspan record --listen` is expected */

enum connspan_source {
    CONNSPAN_SOURCE_TRACER, /* a tracer of its own: root */
    CONNSPAN_SOURCE_SOCKET, /* that of a running `connspan record --listen` */
    CONNSPAN_SOURCE_TAPE,
    CONNSPAN_SOURCE_NONE, /* connspan_timeline_queue alone */
};

struct connspan_timeline_options {
    size_t size; /* sizeof(struct connspan_timeline_options): see CONNSPAN_TIMELINE_OPTIONS */
    enum connspan_source source;
    const char *path; /* of the socket or tape; NULL: CONNSPAN_SOCKET */
    /* Log, role and filter, of a tracer also how it traces; on_entry is not called. NULL: none. A
     * pid in the filter of a socket or tape is that process alone, without what it forks. */
    const struct connspan_options *tracer;
};

#define CONNSPAN_TIMELINE_OPTIONS                                                                  \
    {                                                                                              \
        .size = sizeof(struct connspan_timeline_options)                                           \
    }

struct connspan_timeline;

/*
 * As connspan_tracer_open for a tracer of its own. Of a socket, the entries that its tracer still
 * has (the last 250 that we may see) are in the buffer when this returns. -ENOENT, -ECONNREFUSED:
 * nobody listens there; -EACCES: we may not connect; -EPROTO: it is no tracer of this version.
 */
int connspan_timeline_open(const struct connspan_timeline_options *options,
                           struct connspan_timeline **timeline);

/* An fd that is readable when poll has work; for epoll(7) loops. */
int connspan_timeline_fd(const struct connspan_timeline *timeline);

/*
 * Waits at most `timeout_ms` (-1: for ever), takes what came from the source, and runs callbacks.
 * Returns 1 when it did something, 0 when not, -ENODATA at the end of a tape, or when the tracer
 * behind a socket has ended in order, -ECONNRESET when it vanished, -EPROTO, -errno.
 */
int connspan_timeline_poll(struct connspan_timeline *timeline, int timeout_ms);

/* Lets a poll that waits return. Also for signal handlers. */
void connspan_timeline_wake(struct connspan_timeline *timeline);

/* One more entry, of the caller's own making: observers first, then the buffer. 0 or -ENOMEM. */
int connspan_timeline_queue(struct connspan_timeline *timeline, const struct connspan_entry *entry);

/* What the source is; NULL without one. Lives as long as the timeline; of the polling thread. */
const struct connspan_run *connspan_timeline_run(const struct connspan_timeline *timeline);

/* What came from the source and what did not: what a socket could not bring counts as "output".
 * NULL without a source. Until the next call; of the polling thread. */
const struct connspan_stats *connspan_timeline_stats(struct connspan_timeline *timeline);

/* Frees it, its observers and its source. NULL is fine. */
void connspan_timeline_close(struct connspan_timeline *timeline);

/* ---- performance.getEntries* -------------------------------------------------------------- */

/*
 * What is in the buffer, in order of startTime: a list that the caller frees. Names and types match
 * exactly; a type that there is not gives an empty list. `type` may be NULL in _by_name. -ENOMEM.
 */
int connspan_timeline_get_entries(struct connspan_timeline *timeline,
                                  struct connspan_entry_list **list);
int connspan_timeline_get_entries_by_type(struct connspan_timeline *timeline, const char *type,
                                          struct connspan_entry_list **list);
int connspan_timeline_get_entries_by_name(struct connspan_timeline *timeline, const char *name,
                                          const char *type, struct connspan_entry_list **list);

/* ---- the buffer of Resource Timing -------------------------------------------------------- */

/* performance.setResourceTimingBufferSize: 250 at first. What is in it stays. */
void connspan_timeline_set_resource_timing_buffer_size(struct connspan_timeline *timeline,
                                                       size_t entries);

/* performance.clearResourceTimings */
void connspan_timeline_clear_resource_timings(struct connspan_timeline *timeline);

/*
 * performance.onresourcetimingbufferfull: called by poll when an entry found no room. What the
 * callback makes room for is kept, the rest dropped.
 */
typedef void (*connspan_timeline_full_fn)(void *context, struct connspan_timeline *timeline);
void connspan_timeline_on_resource_timing_buffer_full(struct connspan_timeline *timeline,
                                                      connspan_timeline_full_fn fn, void *context);

/* Entries of this type that are in no buffer: there was no room. 0 of a type that there is not. */
uint64_t connspan_timeline_dropped_entries(struct connspan_timeline *timeline, const char *type);

/* Entries that never came: this process was too slow for the tracer behind the socket. */
uint64_t connspan_timeline_lost_entries(struct connspan_timeline *timeline);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
