/* SPDX-License-Identifier: MIT */
/* A burst is flushed every 200 ms, the first entry after a quiet time at once. */
#include "user/cli/session.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "user/cli/clock.h"
#include "user/cli/terminal.h"

#define FLUSH_NS (200 * CS_NS_PER_MS)
#define STATS_NS (60 * CS_NS_PER_SEC)

/* Entries on the terminal must not be written behind the status line. */
static void make_way(struct cs_session *session)
{
    if (session->outputs.terminal)
        cs_console_erase(session->console);
}

static void rotate(struct cs_session *session)
{
    if (cs_outputs_full(&session->outputs))
        cs_outputs_rotate(&session->outputs, connspan_tracer_run(session->tracer),
                          connspan_tracer_stats(session->tracer));
}

static void on_entry(void *context, const struct connspan_entry *entry)
{
    struct cs_session *session = context;

    make_way(session);
    rotate(session);
    cs_outputs_entry(&session->outputs, entry);
    if (session->listener)
        connspan_listener_entry(session->listener, entry);
    session->entries++;
    session->dirty = true;
}

static void on_log(void *context, enum connspan_level level, const char *text)
{
    struct cs_session *session = context;

    cs_console_log(session->console, level, text);
}

struct connspan_options cs_session_options(struct cs_session *session,
                                           const struct cs_options *options)
{
    struct connspan_options wanted = CONNSPAN_OPTIONS;

    wanted.on_entry = on_entry;
    wanted.on_log = on_log;
    wanted.context = session;
    wanted.connect_hook = (enum connspan_connect_hook)options->connect_hook;
    wanted.no_uprobes = options->no_uprobes;
    wanted.no_uretprobes = options->no_uretprobes;
    wanted.no_wire = options->no_wire;
    wanted.requests = options->requests;
    wanted.plaintext = options->plaintext;
    wanted.url = (enum connspan_url)options->url;
    wanted.web_strict = options->web_strict;
    wanted.role = (enum connspan_role)options->role;
    wanted.filter = (struct connspan_filter){
        .pids = options->pids.items,
        .pid_count = options->pids.count,
        .comms = options->comms.items,
        .comm_count = options->comms.count,
        .ports = options->ports.items,
        .port_count = options->ports.count,
        .cgroups = options->cgroups.items,
        .cgroup_count = options->cgroups.count,
    };
    wanted.ring_bytes = options->ring_bytes;
    wanted.max_pending = options->max_pending;
    return wanted;
}

static void count_lost(struct cs_session *session)
{
    uint64_t lost = cs_outputs_take_lost(&session->outputs);

    if (session->listener)
        lost += connspan_listener_take_lost(session->listener);
    if (lost)
        connspan_tracer_count_lost_output(session->tracer, lost);
    session->untold |= lost > 0;
}

static void put_stats(struct cs_session *session)
{
    cs_outputs_stats(&session->outputs, connspan_tracer_stats(session->tracer));
    cs_outputs_flush(&session->outputs);
    session->untold = false;
}

/* True: nothing waits any more. */
static bool hand_over(struct cs_session *session)
{
    bool written;

    if (session->listener)
        connspan_listener_flush(session->listener);
    make_way(session);
    written = cs_outputs_flush(&session->outputs) == 0;
    count_lost(session);
    return written;
}

static void flush(struct cs_session *session)
{
    int wait_ms;

    if (hand_over(session) && session->untold)
        put_stats(session); /* it can be written again: what was lost meanwhile is told now */
    rotate(session);
    wait_ms = cs_outputs_wait_ms(&session->outputs);
    session->dirty = false;
    session->flushed_ns = cs_clock_now_ns();
    session->again_ns =
        wait_ms < 0 ? UINT64_MAX : session->flushed_ns + (uint64_t)wait_ms * CS_NS_PER_MS;
}

static void write_stats(struct cs_session *session)
{
    hand_over(session); /* first, so that the line tells of entries lost just now */
    put_stats(session);
}

void cs_session_reopen(struct cs_session *session)
{
    flush(session);
    cs_outputs_reopen(&session->outputs, connspan_tracer_run(session->tracer),
                      connspan_tracer_stats(session->tracer));
    flush(session);
}

void cs_session_begin(struct cs_session *session)
{
    cs_outputs_header(&session->outputs, connspan_tracer_run(session->tracer));
    flush(session);
    session->stats_due_ns = session->flushed_ns + STATS_NS;
}

static uint64_t status_due_ns(const struct cs_session *session)
{
    if (!session->status_wanted)
        return UINT64_MAX;
    return cs_status_due_ns(&session->status, session->entries, session->console->drawn);
}

uint64_t cs_session_due_ns(const struct cs_session *session)
{
    uint64_t due_ns = session->stats_due_ns;

    if (session->dirty && session->flushed_ns + FLUSH_NS < due_ns)
        due_ns = session->flushed_ns + FLUSH_NS;
    if (session->again_ns < due_ns)
        due_ns = session->again_ns;
    return status_due_ns(session) < due_ns ? status_due_ns(session) : due_ns;
}

static void draw_status(struct cs_session *session, uint64_t now_ns)
{
    char text[CS_STATUS_ROOM];

    if (!cs_terminal_redraws(STDERR_FILENO)) {
        session->status_wanted = false; /* no terminal, or a shell took the foreground back */
        return;
    }
    if (session->dirty)
        flush(session);
    cs_status_line(&session->status, now_ns, connspan_tracer_stats(session->tracer),
                   cs_terminal_columns(STDERR_FILENO), text);
    cs_console_draw(session->console, text);
}

void cs_session_tick(struct cs_session *session)
{
    uint64_t now_ns = cs_clock_now_ns();

    if ((session->dirty && now_ns >= session->flushed_ns + FLUSH_NS) || now_ns >= session->again_ns)
        flush(session);
    if (now_ns >= session->stats_due_ns) {
        write_stats(session);
        session->stats_due_ns += STATS_NS;
    }
    if (now_ns >= status_due_ns(session))
        draw_status(session, now_ns);
}

/* " (ring=2 output=1)": the counters that are not 0 */
static void list_losses(const struct connspan_stats *stats, char *text, size_t room)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < stats->loss_count && used < room; i++) {
        if (stats->losses[i].total)
            used += (size_t)snprintf(text + used, room - used, "%s%s=%" PRIu64, used ? " " : " (",
                                     stats->losses[i].name, stats->losses[i].total);
    }
    if (used && used < room)
        snprintf(text + used, room - used, ")");
}

static void say_done(struct cs_session *session)
{
    const struct connspan_stats *stats = connspan_tracer_stats(session->tracer);
    char losses[512];

    list_losses(stats, losses, sizeof(losses));
    cs_console_say(session->console,
                   "done entries=%" PRIu64 " failures=%" PRIu64 " dropped=%" PRIu64 "%s",
                   stats->entries, stats->failures, stats->dropped, losses);
}

int cs_session_end(struct cs_session *session)
{
    int err = connspan_tracer_finish(session->tracer);

    cs_console_erase(session->console);
    write_stats(session);
    cs_outputs_close(&session->outputs);
    count_lost(session);
    connspan_listener_close(session->listener);
    session->listener = NULL;
    say_done(session);
    connspan_tracer_close(session->tracer);
    session->tracer = NULL;
    return err;
}
