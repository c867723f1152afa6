/* SPDX-License-Identifier: MIT */
/*
 * The columns: when and who on the left, the three times people compare in the middle, the outcome
 * at the end, where it may be long. A narrow terminal takes its width from the name first.
 */
#include "user/sink/table.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "user/sink/cell.h"
#include "user/sink/entry_json.h"
#include "user/sink/span.h"

enum {
    PID_WIDTH = 7, /* the largest pid is 4194304 */
    DURATION_WIDTH = 6,
    NARROW_COLUMNS = 100,
    NAME_MIN_WIDTH = 8,
    NAME_MAX_WIDTH = 64,
    NAME_FREE_WIDTH = 40, /* where nothing is cut */
    NS_PER_MS = 1000000,
};

#define BOLD   "\033[1m"
#define RED    "\033[31m"
#define YELLOW "\033[33m"
#define PLAIN  "\033[0m"

struct layout {
    size_t time; /* 12: with milliseconds, 8: without */
    size_t comm;
    size_t name;
    size_t result;
    bool cut_name;
};

static struct layout lay_out(int columns)
{
    struct layout layout = {.time = 12, .comm = 15, .result = 16, .cut_name = true};
    size_t others, name;

    if (columns <= 0) {
        layout.name = NAME_FREE_WIDTH;
        layout.result = SIZE_MAX;
        layout.cut_name = false;
        return layout;
    }
    if (columns < NARROW_COLUMNS) {
        layout.time = 8;
        layout.comm = 10;
        layout.result = 12;
    }
    others = layout.time + PID_WIDTH + layout.comm + 3 * DURATION_WIDTH + 7; /* 7 blanks between */
    name = (size_t)columns > others + layout.result ? (size_t)columns - others - layout.result : 0;
    if (name < NAME_MIN_WIDTH)
        name = NAME_MIN_WIDTH;
    if (name > NAME_MAX_WIDTH) {
        layout.result += name - NAME_MAX_WIDTH;
        name = NAME_MAX_WIDTH;
    }
    layout.name = name;
    return layout;
}

static void put_blank(struct cs_buf *out)
{
    cs_buf_add(out, " ", 1);
}

static void put_colour(const struct cs_sink *sink, struct cs_buf *out, const char *colour)
{
    if (sink->colour)
        cs_buf_text(out, colour);
}

/* A line of prose, told from the rows by its first character. */
static void put_remark(const struct cs_sink *sink, struct cs_buf *out, const char *text)
{
    size_t width = sink->columns > 0 ? (size_t)sink->columns : SIZE_MAX;

    cs_cell_text(out, text, width, CS_CUT_END);
    cs_buf_add(out, "\n", 1);
}

static void put_header(struct cs_sink *sink, struct cs_buf *out, const struct connspan_run *run)
{
    struct layout layout = lay_out(sink->columns);
    char text[512];

    snprintf(text, sizeof(text),
             "# connspan %s on %s, Linux %s: connect=%s state=%s wire=%s tls=%s discovery=%s",
             run->version, run->host, run->kernel, run->hook_connect, run->hook_state,
             run->hook_wire, run->hook_tls, run->hook_discovery);
    put_remark(sink, out, text);
    put_colour(sink, out, BOLD);
    cs_cell_left(out, "TIME", layout.time, CS_CUT_END);
    put_blank(out);
    cs_cell_right(out, "PID", PID_WIDTH);
    put_blank(out);
    cs_cell_left(out, "COMM", layout.comm, CS_CUT_END);
    put_blank(out);
    cs_cell_left(out, "NAME", layout.name, CS_CUT_END);
    put_blank(out);
    cs_cell_right(out, "TCP", DURATION_WIDTH);
    put_blank(out);
    cs_cell_right(out, "TLS", DURATION_WIDTH);
    put_blank(out);
    cs_cell_right(out, "TOTAL", DURATION_WIDTH);
    put_blank(out);
    cs_buf_text(out, "RESULT");
    put_colour(sink, out, PLAIN);
    cs_buf_add(out, "\n", 1);
}

/* In the time zone of who looks at it. */
static void put_time(struct cs_buf *out, uint64_t unix_ns, size_t width)
{
    time_t seconds = (time_t)(unix_ns / 1000000000);
    struct tm local = {0};
    char text[64];

    localtime_r(&seconds, &local);
    snprintf(text, sizeof(text), "%02d:%02d:%02d.%03u", local.tm_hour, local.tm_min, local.tm_sec,
             (unsigned)(unix_ns / NS_PER_MS % 1000));
    if (width < 12)
        text[8] = '\0';
    cs_cell_left(out, text, width, CS_CUT_END);
}

static void put_pid(struct cs_buf *out, uint32_t pid)
{
    char text[16] = "-";

    if (pid)
        snprintf(text, sizeof(text), "%u", pid);
    cs_cell_right(out, text, PID_WIDTH);
}

static void put_span(struct cs_buf *out, uint64_t span_ns)
{
    put_blank(out);
    cs_cell_duration(out, span_ns, DURATION_WIDTH);
}

/* The outcome and what is remarkable, the most telling first: the end may be cut. */
static void describe(const struct connspan_entry *entry, char *text, size_t room)
{
    const struct connspan_connection *connection = &entry->connection;
    const struct connspan_error *error = &connection->error;
    const struct connspan_tls *tls = &entry->tls;
    struct cs_buf note = {0};

    if (error->phase && connection->outcome == CONNSPAN_ABORTED)
        cs_buf_text(&note, "aborted: ");
    if (error->phase && strcmp(error->phase, "tcp") != 0)
        cs_buf_format(&note, "%s: ", error->phase);
    if (error->phase)
        cs_buf_text(&note, error->code ? error->code : "failed");
    else if (connection->outcome != CONNSPAN_CONNECTED)
        cs_buf_text(&note, cs_outcome_name(connection->outcome));
    else if (entry->request.status)
        cs_buf_format(&note, "%u", entry->request.status);
    else if (tls->present)
        cs_buf_format(&note, "TLS %s", tls->version ? tls->version : "?");
    else
        cs_buf_text(&note, "ok");
    if (tls->present && tls->resumed == 1)
        cs_buf_text(&note, " resumed");
    if (connection->role == CONNSPAN_ROLE_SERVER)
        cs_buf_text(&note, " server");
    if (connection->syn_retransmits > 0)
        cs_buf_format(&note, " retried x%u", connection->syn_retransmits);
    snprintf(text, room, "%.*s", (int)note.length, note.data ? note.data : "");
    cs_buf_free(&note);
}

static void put_result(const struct cs_sink *sink, struct cs_buf *out,
                       const struct connspan_entry *entry, size_t width)
{
    enum connspan_outcome outcome = entry->connection.outcome;
    const char *colour = outcome == CONNSPAN_FAILED ? RED : YELLOW;
    char text[256];

    describe(entry, text, sizeof(text));
    if (outcome != CONNSPAN_CONNECTED)
        put_colour(sink, out, colour);
    cs_cell_text(out, text, width, CS_CUT_END);
    if (outcome != CONNSPAN_CONNECTED)
        put_colour(sink, out, PLAIN);
}

static void put_name(struct cs_buf *out, const char *name, const struct layout *layout)
{
    size_t used;

    if (layout->cut_name) {
        cs_cell_left(out, name, layout->name, CS_CUT_MIDDLE);
        return;
    }
    used = cs_cell_text(out, name, SIZE_MAX, CS_CUT_END);
    if (used < layout->name)
        cs_cell_left(out, "", layout->name - used, CS_CUT_END);
}

static void put_entry(struct cs_sink *sink, struct cs_buf *out, const struct connspan_entry *entry)
{
    struct layout layout = lay_out(sink->columns);
    const char *comm = entry->process.comm;

    if (entry->connection.outcome == CONNSPAN_ABANDONED)
        return;
    put_time(out, entry->unix_ns, layout.time);
    put_blank(out);
    put_pid(out, entry->process.pid);
    put_blank(out);
    cs_cell_left(out, comm && *comm ? comm : "-", layout.comm, CS_CUT_END);
    put_blank(out);
    put_name(out, entry->name ? entry->name : "-", &layout);
    put_span(out, cs_span_tcp_ns(entry));
    put_span(out, cs_span_tls_ns(entry));
    put_span(out, entry->duration);
    put_blank(out);
    put_result(sink, out, entry, layout.result);
    cs_buf_add(out, "\n", 1);
}

static void put_stats(struct cs_sink *sink, struct cs_buf *out, const struct connspan_stats *stats)
{
    const char *separator = ":";
    struct cs_buf text = {0};

    cs_buf_format(&text, "# %llu entries, %llu failed, %llu lost",
                  (unsigned long long)stats->entries, (unsigned long long)stats->failures,
                  (unsigned long long)stats->dropped);
    for (size_t i = 0; i < stats->loss_count; i++) {
        if (stats->losses[i].total == 0)
            continue;
        cs_buf_format(&text, "%s %s=%llu", separator, stats->losses[i].name,
                      (unsigned long long)stats->losses[i].total);
        separator = "";
    }
    cs_buf_add(&text, "", 1);
    if (text.failed)
        out->failed = true;
    else
        put_remark(sink, out, text.data);
    cs_buf_free(&text);
}

const struct cs_format cs_table = {
    .name = "table",
    .shape = CS_LINES,
    .mode = 0600,
    .header = put_header,
    .entry = put_entry,
    .stats = put_stats,
};
