/* SPDX-License-Identifier: MIT */
/*
 * A timeline on a socket, one observer, and the outputs of record. What came in one go is written
 * in one go. The tracer's end is an end in order; that it vanished is an error.
 */
#include "user/cli/observe.h"

#include <connspan/observer.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>

#include "user/cli/clock.h"
#include "user/cli/exit.h"
#include "user/cli/session.h"
#include "user/cli/signals.h"

#define HELD_MS    10 /* until a slow reader of ours is asked again */
#define STATS_NS   (60 * CS_NS_PER_SEC)
#define LOSSES_MAX 64

struct observe {
    const struct cs_options *options;
    struct cs_console console;
    struct cs_outputs outputs;
    struct connspan_timeline *timeline;
    int signal_fd;
    bool held;            /* our outputs are behind: the socket waits, and its other end counts */
    uint64_t lost;        /* by our own outputs */
    uint64_t lost_before; /* told: entries that never came */
    uint64_t end_ns;
    uint64_t stats_due_ns;
    struct connspan_stats stats;
    struct connspan_loss losses[LOSSES_MAX];
};

/* What our outputs lost joins what the socket could not bring. */
static const struct connspan_stats *stats_of(struct observe *observe)
{
    const struct connspan_stats *stats = connspan_timeline_stats(observe->timeline);

    observe->lost += cs_outputs_take_lost(&observe->outputs);
    observe->stats = *stats;
    if (stats->loss_count > LOSSES_MAX)
        observe->stats.loss_count = LOSSES_MAX;
    for (size_t i = 0; i < observe->stats.loss_count; i++) {
        observe->losses[i] = stats->losses[i];
        if (!strcmp(observe->losses[i].name, "output"))
            observe->losses[i].total += observe->lost;
    }
    observe->stats.losses = observe->losses;
    observe->stats.dropped += observe->lost;
    return &observe->stats;
}

static void on_records(void *context, struct connspan_observer *observer,
                       const struct connspan_records *records)
{
    struct observe *observe = context;

    (void)observer;
    for (size_t i = 0; i < records->list->count; i++) {
        if (cs_outputs_full(&observe->outputs))
            cs_outputs_rotate(&observe->outputs, connspan_timeline_run(observe->timeline),
                              stats_of(observe));
        cs_outputs_entry(&observe->outputs, records->list->entries[i]);
    }
    if (records->lost_entries > observe->lost_before)
        cs_console_say(&observe->console, "too slow: %" PRIu64 " entries were not sent to us",
                       records->lost_entries - observe->lost_before);
    observe->lost_before = records->lost_entries;
}

/* ---- opening ------------------------------------------------------------------------------- */

static int open_timeline(struct observe *observe)
{
    struct cs_session no_session = {.console = &observe->console};
    struct connspan_options tracer = cs_session_options(&no_session, observe->options);
    struct connspan_timeline_options wanted = CONNSPAN_TIMELINE_OPTIONS;
    struct connspan_observe how = CONNSPAN_OBSERVE;
    struct connspan_observer *observer;

    tracer.on_log = cs_console_log;
    tracer.context = &observe->console;
    wanted.source = CONNSPAN_SOURCE_SOCKET;
    wanted.path = observe->options->socket;
    wanted.tracer = &tracer;
    how.type = "resource";
    how.buffered = observe->options->buffered;
    if (connspan_timeline_open(&wanted, &observe->timeline) ||
        connspan_observer_new(observe->timeline, on_records, observe, &observer) ||
        connspan_observer_observe(observer, &how))
        return CS_EXIT_FAILED;
    return CS_EXIT_OK;
}

static int open_outputs(struct observe *observe)
{
    int err = cs_outputs_open(&observe->outputs, observe->options, &observe->console);

    if (!err)
        return CS_EXIT_OK;
    return err == -EINVAL ? CS_EXIT_USAGE : CS_EXIT_FAILED;
}

static int open_signals(struct observe *observe)
{
    observe->signal_fd = cs_signals_open();
    if (observe->signal_fd >= 0)
        return CS_EXIT_OK;
    cs_console_fail(&observe->console, "observe: no fd for signals: %s",
                    strerror(-observe->signal_fd));
    return CS_EXIT_FAILED;
}

static int open_all(struct observe *observe)
{
    static int (*const steps[])(struct observe *) = {open_signals, open_outputs, open_timeline};

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        int status = steps[i](observe);

        if (!status)
            continue;
        connspan_timeline_close(observe->timeline);
        cs_outputs_discard(&observe->outputs);
        return status;
    }
    return CS_EXIT_OK;
}

/* ---- observing ----------------------------------------------------------------------------- */

static int wait_ms(struct observe *observe)
{
    uint64_t now_ns = cs_clock_now_ns();
    uint64_t due_ns =
        observe->end_ns < observe->stats_due_ns ? observe->end_ns : observe->stats_due_ns;
    int own_ms = cs_outputs_wait_ms(&observe->outputs);
    uint64_t due_ms = due_ns <= now_ns ? 0 : (due_ns - now_ns + CS_NS_PER_MS - 1) / CS_NS_PER_MS;

    if (observe->held)
        return HELD_MS;
    return own_ms >= 0 && (uint64_t)own_ms < due_ms ? own_ms : (int)due_ms;
}

static void write_stats(struct observe *observe)
{
    cs_outputs_flush(&observe->outputs);
    cs_outputs_stats(&observe->outputs, stats_of(observe));
    cs_outputs_flush(&observe->outputs);
}

/* One round. 0 goes on; 1: the end in order; -errno. */
static int observe_some(struct observe *observe)
{
    struct pollfd fds[] = {
        {.fd = observe->held ? -1 : connspan_timeline_fd(observe->timeline), .events = POLLIN},
        {.fd = observe->signal_fd, .events = POLLIN},
    };
    int got = 0;

    if (poll(fds, 2, wait_ms(observe)) < 0)
        return errno == EINTR ? 0 : -errno;
    if (fds[0].revents)
        got = connspan_timeline_poll(observe->timeline, 0);
    observe->held = cs_outputs_flush(&observe->outputs) != 0;
    if (got < 0)
        return got == -ENODATA ? 1 : got;
    if (fds[1].revents && cs_signals_take_reopen())
        cs_outputs_reopen(&observe->outputs, connspan_timeline_run(observe->timeline),
                          stats_of(observe));
    else if (fds[1].revents)
        return 1;
    if (cs_clock_now_ns() >= observe->stats_due_ns) {
        write_stats(observe);
        observe->stats_due_ns += STATS_NS;
    }
    return cs_clock_now_ns() >= observe->end_ns || !cs_outputs_alive(&observe->outputs);
}

int cs_observe(const struct cs_options *options)
{
    struct observe observe = {
        .options = options,
        .console = {.quiet = options->quiet, .verbosity = options->verbosity},
        .end_ns = UINT64_MAX,
    };
    int status = open_all(&observe);
    int got;

    if (status)
        return status;
    observe.stats_due_ns = cs_clock_now_ns() + STATS_NS;
    if (options->duration_ns)
        observe.end_ns = cs_clock_now_ns() + options->duration_ns;
    cs_outputs_header(&observe.outputs, connspan_timeline_run(observe.timeline));
    cs_outputs_flush(&observe.outputs);
    do
        got = observe_some(&observe);
    while (!got);
    write_stats(&observe);
    cs_outputs_close(&observe.outputs);
    connspan_timeline_close(observe.timeline);
    return got < 0 || observe.outputs.failed ? CS_EXIT_FAILED : CS_EXIT_OK;
}
