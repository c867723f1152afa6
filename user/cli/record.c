/* SPDX-License-Identifier: MIT */
/*
 * The order of things: fork the command, catch signals, open outputs, open the tracer, give up
 * rights, start the command, write. What fails earlier leaves nothing of what came before it.
 */
#include "user/cli/record.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "user/cli/clock.h"
#include "user/cli/command.h"
#include "user/cli/exit.h"
#include "user/cli/rights.h"
#include "user/cli/session.h"
#include "user/cli/signals.h"

#define DRAIN_NS (1 * CS_NS_PER_SEC)
#define QUIET_MS 50 /* without an event: all that the command did has been seen */

struct record {
    const struct cs_options *options;
    struct cs_console console;
    struct cs_session session;
    struct cs_command command;
    int signal_fd; /* -1: the signal has been dealt with */
    uint64_t end_ns;
    int command_status;
    bool failed;
};

/* Whoever hands a tape on should know: README, "A tape". */
static void tell_of_tape(struct record *record)
{
    const struct cs_options *options = record->options;

    cs_console_say(&record->console,
                   "%s: no payload, but addresses, names and handshake bytes%s in clear: mind who "
                   "gets it",
                   options->tape, options->requests ? ", URLs and header lines" : "");
}

static int open_tracer(struct record *record)
{
    struct connspan_options wanted = cs_session_options(&record->session, record->options);
    bool follow = record->command.pid && !record->options->all;
    int err;

    wanted.tape = record->options->tape;
    wanted.nothing_yet = follow;
    err = connspan_tracer_open(&wanted, &record->session.tracer);
    if (err == -EPERM || err == -EOPNOTSUPP || err == -EXDEV)
        return CS_EXIT_UNTRACEABLE;
    if (err)
        return err == -EINVAL ? CS_EXIT_USAGE : CS_EXIT_FAILED;
    if (follow && connspan_tracer_follow(record->session.tracer, (uint32_t)record->command.pid))
        return CS_EXIT_FAILED;
    if (wanted.tape)
        tell_of_tape(record);
    return CS_EXIT_OK;
}

static int open_listener(struct record *record)
{
    const struct cs_options *options = record->options;
    struct connspan_listener_options wanted = CONNSPAN_LISTENER_OPTIONS;
    int err;

    if (!options->listen)
        return CS_EXIT_OK;
    wanted.path = options->listen;
    wanted.group = options->listen_group;
    wanted.mode = options->listen_mode;
    wanted.everyone = options->listen_all;
    wanted.on_log = cs_console_log;
    wanted.context = &record->console;
    err = connspan_listener_open(&wanted, connspan_tracer_run(record->session.tracer),
                                 &record->session.listener);
    if (!err)
        return CS_EXIT_OK;
    return err == -EINVAL ? CS_EXIT_USAGE : CS_EXIT_FAILED;
}

static int start_command(struct record *record)
{
    if (!record->command.pid)
        return CS_EXIT_OK;
    if (cs_signals_caught()) {
        cs_console_fail(&record->console, "record: interrupted before '%s' was started",
                        record->options->command[0]);
        return CS_EXIT_SIGNAL + cs_signals_caught();
    }
    cs_signals_leave_terminal(true);
    return cs_command_start(&record->command, record->options->command[0], &record->console);
}

static int open_outputs(struct record *record)
{
    int err = cs_outputs_open(&record->session.outputs, record->options, &record->console);

    if (!err)
        return CS_EXIT_OK;
    return err == -EINVAL ? CS_EXIT_USAGE : CS_EXIT_FAILED;
}

static int open_signals(struct record *record)
{
    record->signal_fd = cs_signals_open();
    if (record->signal_fd >= 0)
        return CS_EXIT_OK;
    cs_console_fail(&record->console, "record: no fd for signals: %s",
                    strerror(-record->signal_fd));
    return CS_EXIT_FAILED;
}

static int fork_command(struct record *record)
{
    const struct cs_options *options = record->options;
    int err;

    if (!options->command)
        return CS_EXIT_OK;
    err = cs_command_fork(&record->command, options->command, options->user, &record->console);
    if (!err)
        return CS_EXIT_OK;
    return err == -EINVAL ? CS_EXIT_USAGE : CS_EXIT_FAILED;
}

/* A reader that a saturated host starves loses records. */
enum { READER_NICE = -10 };

/* The threads that write start later, without what is given up here. */
static int limit_rights(struct record *record)
{
    const struct connspan_run *run = connspan_tracer_run(record->session.tracer);

    setpriority(PRIO_PROCESS, 0, READER_NICE); /* the command was forked before */
    if (cs_rights_limit(record->options, run, record->command.pid, &record->console))
        return CS_EXIT_FAILED;
    return CS_EXIT_OK;
}

static int open_all(struct record *record)
{
    static int (*const steps[])(struct record *) = {
        fork_command,  open_signals, open_outputs,  open_tracer,
        open_listener, limit_rights, start_command,
    };

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        int status = steps[i](record);

        if (!status)
            continue;
        connspan_listener_close(record->session.listener);
        connspan_tracer_close(record->session.tracer);
        cs_outputs_discard(&record->session.outputs);
        cs_command_cancel(&record->command);
        return status;
    }
    return CS_EXIT_OK;
}

static void begin(struct record *record)
{
    const struct connspan_run *run = connspan_tracer_run(record->session.tracer);

    cs_console_say(&record->console,
                   "tracing connect=%s state=%s wire=%s tls=%s discovery=%s libraries=%u",
                   run->hook_connect, run->hook_state, run->hook_wire, run->hook_tls,
                   run->hook_discovery, run->libraries);
    cs_session_begin(&record->session);
    record->end_ns = UINT64_MAX;
    if (record->options->duration_ns)
        record->end_ns = cs_clock_now_ns() + record->options->duration_ns;
    /* A command writes to the same terminal whenever it likes: no status line survives that. */
    record->session.status_wanted = !record->options->quiet && !record->command.pid;
}

static int wait_ms(const struct record *record)
{
    uint64_t due_ns = cs_session_due_ns(&record->session);
    uint64_t now_ns = cs_clock_now_ns();

    if (record->end_ns < due_ns)
        due_ns = record->end_ns;
    if (due_ns <= now_ns)
        return 0;
    /* Rounded up, or the last millisecond would be spent spinning. */
    return (int)((due_ns - now_ns + CS_NS_PER_MS - 1) / CS_NS_PER_MS);
}

static void end_command(struct record *record)
{
    record->command_status = cs_command_reap(&record->command);
    cs_signals_leave_terminal(false);
}

/* The command decides what a signal means; we end when it does. False: it cannot be told. */
static bool pass_signal_on(struct record *record)
{
    record->signal_fd = -1;
    if (!kill(record->command.pid, cs_signals_caught()))
        return true;
    cs_console_fail(&record->console, "record: cannot pass the signal on to '%s': %s",
                    record->options->command[0], strerror(errno));
    return false;
}

static void drain(struct record *record)
{
    uint64_t until_ns = cs_clock_now_ns() + DRAIN_NS;
    int handled = 1;

    while (handled > 0 && cs_clock_now_ns() < until_ns)
        handled = connspan_tracer_poll(record->session.tracer, QUIET_MS);
    record->failed |= handled < 0;
}

/* One round: waits for something and handles it. False: the end. */
static bool trace_some(struct record *record)
{
    struct pollfd fds[] = {
        {.fd = connspan_tracer_fd(record->session.tracer), .events = POLLIN},
        {.fd = record->signal_fd, .events = POLLIN},
        {.fd = record->command.pid ? record->command.pidfd : -1, .events = POLLIN},
    };

    if (poll(fds, 3, wait_ms(record)) < 0)
        return errno == EINTR; /* the next round sees why */
    if (fds[0].revents && connspan_tracer_poll(record->session.tracer, 0) < 0) {
        record->failed = true;
        return false;
    }
    if (fds[2].revents) {
        end_command(record);
        drain(record);
        return false;
    }
    if (fds[1].revents && cs_signals_take_reopen())
        cs_session_reopen(&record->session);
    else if (fds[1].revents && (!record->command.pid || !pass_signal_on(record)))
        return false;
    if (!record->command.pid && !cs_outputs_alive(&record->session.outputs))
        return false;
    cs_session_tick(&record->session);
    return cs_clock_now_ns() < record->end_ns;
}

/* Tracing has ended before the command, by --duration or an error: its status is still ours. */
static void wait_command(struct record *record)
{
    while (record->command.pid) {
        struct pollfd fds[] = {
            {.fd = record->command.pidfd, .events = POLLIN},
            {.fd = record->signal_fd, .events = POLLIN},
        };

        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return;
        if (fds[1].revents && !cs_signals_take_reopen())
            pass_signal_on(record);
        if (fds[0].revents)
            end_command(record);
    }
}

int cs_record(const struct cs_options *options)
{
    struct record record = {
        .options = options,
        .console = {.quiet = options->quiet, .verbosity = options->verbosity},
        .session = {.console = &record.console},
        .signal_fd = -1,
    };
    int status = open_all(&record);

    if (status)
        return status;
    begin(&record);
    while (trace_some(&record))
        ;
    if (cs_session_end(&record.session))
        record.failed = true;
    wait_command(&record);
    if (record.command_status)
        return record.command_status;
    return record.failed || record.session.outputs.failed ? CS_EXIT_FAILED : CS_EXIT_OK;
}
