/* SPDX-License-Identifier: MIT */
/* The timeline's life, its poll, and how an entry gets in. The rest: access.c, observer.c, task.c.
 */
#include "user/timeline/timeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "user/base/cleanup.h"
#include "user/timeline/source.h"

static int watch(struct connspan_timeline *timeline, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    return epoll_ctl(timeline->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

int cs_timeline_new(const struct cs_log *log, struct connspan_timeline **out)
{
    struct connspan_timeline *timeline = calloc(1, sizeof(*timeline));
    int err;

    if (!timeline)
        return cs_fail(log, -ENOMEM, "out of memory");
    timeline->log = *log;
    timeline->buffer.limit = CS_BUFFER_LIMIT;
    pthread_mutex_init(&timeline->lock, NULL);
    pthread_cond_init(&timeline->returned, NULL);
    timeline->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    timeline->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    err = timeline->epoll_fd < 0 || timeline->wake_fd < 0 ? -errno
                                                          : watch(timeline, timeline->wake_fd);
    if (err) {
        connspan_timeline_close(timeline);
        return cs_fail(log, err, "no timeline: %s", strerror(-err));
    }
    *out = timeline;
    return 0;
}

void connspan_timeline_close(struct connspan_timeline *timeline)
{
    if (!timeline)
        return;
    if (timeline->source)
        timeline->kind->close(timeline->source);
    while (timeline->observers)
        connspan_observer_free(timeline->observers);
    cs_buffer_free(&timeline->buffer);
    cs_close_at(&timeline->wake_fd);
    cs_close_at(&timeline->epoll_fd);
    pthread_cond_destroy(&timeline->returned);
    pthread_mutex_destroy(&timeline->lock);
    free(timeline);
}

int cs_timeline_attach(struct connspan_timeline *timeline, const struct cs_entry_source_kind *kind,
                       struct cs_entry_source *source)
{
    int err = watch(timeline, kind->fd(source));

    if (err)
        return cs_fail(&timeline->log, err, "cannot wait for entries: %s", strerror(-err));
    timeline->kind = kind;
    timeline->source = source;
    return 0;
}

int connspan_timeline_fd(const struct connspan_timeline *timeline)
{
    return timeline->epoll_fd;
}

const struct connspan_run *connspan_timeline_run(const struct connspan_timeline *timeline)
{
    return timeline->source ? timeline->kind->run(timeline->source) : NULL;
}

const struct connspan_stats *connspan_timeline_stats(struct connspan_timeline *timeline)
{
    return timeline->source ? timeline->kind->stats(timeline->source) : NULL;
}

void connspan_timeline_wake(struct connspan_timeline *timeline)
{
    int before = errno; /* a signal handler must leave it alone */

    eventfd_write(timeline->wake_fd, 1);
    errno = before;
}

/* "Queue a PerformanceEntry": all observers first, whether there is room in the buffer or not. */
int connspan_timeline_queue(struct connspan_timeline *timeline, const struct connspan_entry *entry)
{
    struct cs_item *item = cs_item_new(entry);
    uint32_t type = cs_timeline_type(connspan_entry_type(entry));

    if (!item)
        return -ENOMEM;
    pthread_mutex_lock(&timeline->lock);
    for (struct connspan_observer *at = timeline->observers; at; at = at->next) {
        if (!(at->types & type))
            continue;
        cs_observer_give(at, item);
        cs_timeline_task(timeline, CS_TASK_OBSERVERS);
    }
    if (cs_buffer_add(&timeline->buffer, item))
        cs_timeline_task(timeline, CS_TASK_BUFFER_FULL);
    pthread_mutex_unlock(&timeline->lock);
    cs_item_drop(item);
    return 0;
}

int cs_timeline_inherit(struct connspan_timeline *timeline, const struct connspan_entry *entry)
{
    struct cs_item *item = cs_item_new(entry);

    if (!item)
        return -ENOMEM;
    pthread_mutex_lock(&timeline->lock);
    if (cs_buffer_add(&timeline->buffer, item))
        cs_timeline_task(timeline, CS_TASK_BUFFER_FULL);
    pthread_mutex_unlock(&timeline->lock);
    cs_item_drop(item);
    return 0;
}

/* One thread at a time; not from within a callback either. */
static bool begin_poll(struct connspan_timeline *timeline)
{
    bool free_to;

    pthread_mutex_lock(&timeline->lock);
    free_to = !timeline->polling;
    if (free_to) {
        timeline->polling = true;
        timeline->poller = pthread_self();
    }
    pthread_mutex_unlock(&timeline->lock);
    return free_to;
}

/* Tasks that callbacks queued are for the next poll, which must not wait then. */
static bool end_poll(struct connspan_timeline *timeline)
{
    bool ran;

    pthread_mutex_lock(&timeline->lock);
    ran = cs_timeline_run_tasks(timeline);
    timeline->polling = false;
    if (timeline->task_count)
        connspan_timeline_wake(timeline);
    pthread_mutex_unlock(&timeline->lock);
    return ran;
}

int connspan_timeline_poll(struct connspan_timeline *timeline, int timeout_ms)
{
    struct epoll_event events[2];
    eventfd_t woken;
    int got = 0;
    bool ran;

    if (!begin_poll(timeline))
        return -EBUSY;
    if (epoll_wait(timeline->epoll_fd, events, 2, timeout_ms) < 0 && errno != EINTR)
        got = -errno;
    eventfd_read(timeline->wake_fd, &woken);
    if (!got && timeline->source)
        got = timeline->kind->poll(timeline->source);
    ran = end_poll(timeline);
    return got ? got : ran;
}
