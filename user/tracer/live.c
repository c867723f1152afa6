/* SPDX-License-Identifier: MIT */
/*
 * The live source: hooks, the ring they write to, and the discovery of libraries beside them. It
 * owns the reading loop of one round; its pace is pace.c's, its opening live_open.c's.
 */
#include "user/tracer/live.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Less than the second of the timer: a wake-up earlier than the last one must not skip a tick. */
#define TICK_NS  900000000ull
#define CLOCK_NS (3600 * 1000000000ull)

enum { SWEEP_TURNS = 4 }; /* half a ring each: some 12,000 connections */

static int on_sample(void *context, void *data, size_t length)
{
    struct cs_source *source = context;
    const struct cs_process *process = cs_informant_process(data, length);

    if (source->librarian) /* what library it is of was said before it was made */
        cs_librarian_hear(source->librarian);
    if (process) {
        if (source->watch) /* what it runs may be told by a record not read yet */
            cs_watch_drain(source->watch);
        cs_informant_see(&source->informant, process);
    }
    cs_pipeline_raw(source->pipeline, data, length);
    return 0;
}

int cs_live_ring(struct cs_source *source, int ring_fd)
{
    source->ring = ring_buffer__new(ring_fd, on_sample, source, NULL);
    return source->ring ? 0 : -errno;
}

/*
 * Whether there were records. A wake-up that comes meanwhile is none: what it would show is read
 * already, so epoll finds the ring empty, and the kernel waits for the word that it may wake again.
 */
static bool read_ring(struct cs_source *source)
{
    bool any = ring_buffer__consume(source->ring) > 0;

    source->shared->hurried = 0;
    return any;
}

static void tell_losses(struct cs_source *source, uint64_t now_ns)
{
    struct cs_event_loss loss = {
        .event = {.ts_ns = now_ns,
                  .size_bytes = sizeof(loss),
                  .kind = CS_EVENT_LOSS,
                  .version = CS_EVENT_VERSION},
    };

    cs_hooks_losses(source->hooks, loss.total);
    if (source->watch)
        loss.total[CS_LOSS_MMAP] = cs_watch_lost(source->watch);
    if (source->librarian)
        loss.total[CS_LOSS_LIBRARY] = cs_librarian_failed(source->librarian);
    if (memcmp(loss.total, source->told_losses, sizeof(loss.total)) != 0) {
        memcpy(source->told_losses, loss.total, sizeof(loss.total));
        cs_pipeline_event(source->pipeline, &loss.event);
    }
}

static void tell_clock(struct cs_source *source)
{
    struct cs_clock_pair pair = cs_clock_pair_now();
    struct cs_event_clock clock = {
        .event = {.ts_ns = pair.monotonic_ns,
                  .size_bytes = sizeof(clock),
                  .kind = CS_EVENT_CLOCK,
                  .version = CS_EVENT_VERSION},
        .unix_ns = pair.unix_ns,
    };

    source->clock_told_ns = pair.monotonic_ns;
    cs_pipeline_event(source->pipeline, &clock.event);
}

/* The marks are of the other clock, and stay; `timestamp` follows at once. */
static void follow_clock(struct cs_source *source)
{
    const struct connspan_run *run = &source->pipeline->run.shown;
    uint64_t before_ns = run->clock_unix_ns - run->clock_ns;
    double moved_s;

    if (source->clock_watch < 0 || !cs_clock_was_set(source->clock_watch))
        return;
    tell_clock(source);
    moved_s = (double)(int64_t)(run->clock_unix_ns - run->clock_ns - before_ns) / 1e9;
    cs_say(&source->pipeline->log, CONNSPAN_WARNING,
           "the wall clock was set, by %+.3f s: \"timestamp\" follows it from here on", moved_s);
}

static bool in_progress(const struct cs_source *source)
{
    return cs_hooks_pending(source->hooks) || source->shared->turns ||
           cs_fold_pending(source->pipeline->fold);
}

/* A hundred thousand silent connections would be more at once than an output can hold for a slow
 * disk: in a few seconds they are told, too. */
static bool read_out(void *context)
{
    struct cs_source *source = context;

    read_ring(source);
    return source->shared->stopping || ++source->sweep_turns < SWEEP_TURNS;
}

static void sweep(struct cs_source *source)
{
    int err;

    source->sweep_turns = 0;
    err = cs_hooks_sweep(source->hooks, read_out, source);

    if (err && !source->sweep_failed)
        cs_say(&source->pipeline->log, CONNSPAN_WARNING,
               "silent connections are told when they end, the sweep fails: %s", strerror(-err));
    source->sweep_failed = err;
}

static void see_to_libraries(struct cs_source *source, uint64_t now_ns)
{
    source->pipeline->run.shown.libraries = cs_librarian_probed(source->librarian);
    if (!source->shared->stopping)
        cs_librarian_sweep(source->librarian, now_ns);
}

static void tick(struct cs_source *source)
{
    uint64_t now_ns = cs_clock_now_ns();
    struct cs_event_tick event = {
        .event = {.ts_ns = now_ns,
                  .size_bytes = sizeof(event),
                  .kind = CS_EVENT_TICK,
                  .version = CS_EVENT_VERSION},
    };

    if (now_ns - source->ticked_ns < TICK_NS)
        return;
    source->ticked_ns = now_ns;
    if (cs_hooks_pending(source->hooks) || source->shared->turns)
        sweep(source);
    read_ring(source);
    if (source->librarian)
        see_to_libraries(source, now_ns);
    tell_losses(source, now_ns);
    if (now_ns - source->clock_told_ns >= CLOCK_NS)
        tell_clock(source);
    if (cs_fold_pending(source->pipeline->fold))
        cs_pipeline_event(source->pipeline, &event.event);
}

/* What is there now. True: it brought records. */
static bool round_of(struct cs_source *source)
{
    bool busy;

    follow_clock(source);
    if (source->watch)
        cs_watch_drain(source->watch);
    if (source->librarian)
        cs_librarian_hear(source->librarian);
    busy = read_ring(source);
    tick(source);
    return busy;
}

static int live_fd(const struct cs_source *source)
{
    return source->epoll_fd;
}

static void set_pace(struct cs_source *source, bool busy)
{
    cs_pace_round(&source->pace, busy, in_progress(source));
    __atomic_store_n(&source->shared->reader, source->pace.sleep, __ATOMIC_SEQ_CST);
}

/* The word that was left for the kernel does not hold any more: records came, or a wake-up, or
 * something that has to be waited for. */
static bool is_stirred(const struct cs_source *source, bool busy)
{
    return busy ||
           __atomic_load_n(&source->shared->reader, __ATOMIC_SEQ_CST) != source->pace.sleep ||
           (source->pace.sleep == CS_READER_ASLEEP && in_progress(source));
}

static int live_poll(struct cs_source *source, int timeout_ms)
{
    struct epoll_event events[4];
    bool busy;

    if (epoll_wait(source->epoll_fd, events, 4, timeout_ms) < 0 && errno != EINTR)
        return -errno;
    busy = round_of(source);
    set_pace(source, busy);
    /* What came between the look and the word wakes nobody: look once more. That may take a wake-up
     * away with nothing behind it yet, and the kernel wakes once: then the word is said anew. */
    while (source->pace.sleep != CS_READER_AWAKE) {
        busy = read_ring(source);
        if (!is_stirred(source, busy))
            break;
        set_pace(source, busy);
    }
    return busy;
}

static int live_follow(struct cs_source *source, uint32_t pid)
{
    return cs_hooks_follow(source->hooks, pid);
}

static int live_finish(struct cs_source *source)
{
    source->shared->stopping = 1;
    round_of(source);
    sweep(source);
    read_ring(source);
    tell_losses(source, cs_clock_now_ns());
    return 0;
}

static uint64_t live_now_ns(const struct cs_source *source)
{
    (void)source;
    return cs_clock_now_ns();
}

void cs_live_close(struct cs_source *source)
{
    cs_librarian_free(source->librarian);
    cs_watch_close(source->watch);
    ring_buffer__free(source->ring);
    cs_hooks_close(source->hooks);
    cs_executables_free(source->informant.executables);
    cs_cgroups_close(source->informant.cgroups);
    cs_informant_free(&source->informant);
    cs_pace_close(&source->pace);
    cs_close_at(&source->clock_watch);
    cs_close_at(&source->epoll_fd);
    free(source);
}

const struct cs_source_kind cs_live_kind = {
    .fd = live_fd,
    .poll = live_poll,
    .follow = live_follow,
    .finish = live_finish,
    .now_ns = live_now_ns,
    .close = cs_live_close,
};
