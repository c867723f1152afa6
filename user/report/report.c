/* SPDX-License-Identifier: MIT */
/* The public API: every line of every file goes through here once. */
#include "user/report/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/report/input.h"

#define PROGRESS_BYTES (4u << 20)

const char *const cs_report_by_names[CONNSPAN_BY_COUNT] = {
    [CONNSPAN_BY_NAME] = "name",
    [CONNSPAN_BY_COMM] = "comm",
    [CONNSPAN_BY_REMOTE] = "remote",
    [CONNSPAN_BY_CONTAINER] = "container",
};

/* One file while it is read. */
struct reading {
    struct connspan_report *report;
    struct cs_input *input;
    uint64_t line;   /* number of the current one */
    bool readable;   /* the last header was of our schema */
    int error;       /* what its reader is told in the end */
    uint64_t broken; /* lines; the first of them: */
    uint64_t broken_line;
};

int connspan_report_new(const struct connspan_report_options *options,
                        struct connspan_report **report)
{
    struct connspan_report *made = calloc(1, sizeof(*made));

    if (!made)
        return -ENOMEM;
    memcpy(&made->options, options,
           options->size < sizeof(*options) ? options->size : sizeof(*options));
    if (!made->options.by)
        made->options.by = 1u << CONNSPAN_BY_NAME | 1u << CONNSPAN_BY_COMM;
    made->log = (struct cs_log){made->options.on_log, made->options.context};
    made->reader = cs_line_reader_new();
    if (!made->reader || cs_slowest_init(&made->slowest, made->options.slowest) ||
        cs_slowest_init(&made->failed, made->options.slowest) ||
        cs_sample_init(&made->sample, made->options.sample)) {
        cs_fail(&made->log, -ENOMEM, "report: out of memory");
        connspan_report_free(made);
        return -ENOMEM;
    }
    *report = made;
    return 0;
}

void connspan_report_free(struct connspan_report *report)
{
    if (!report)
        return;
    cs_line_reader_free(report->reader);
    cs_row_clear(&report->all);
    for (size_t i = 0; i < CONNSPAN_BY_COUNT; i++)
        cs_groups_free(&report->groups[i]);
    cs_slowest_free(&report->slowest);
    cs_slowest_free(&report->failed);
    cs_sample_free(&report->sample);
    free(report);
}

uint64_t connspan_report_runs(const struct connspan_report *report)
{
    return report->totals.runs;
}

/* ---- entries ------------------------------------------------------------------------------- */

static void format_remote(const struct cs_line *line, char *text, size_t room)
{
    const char *address = line->remote_address;

    if (!address)
        snprintf(text, room, "-");
    else
        snprintf(text, room, strchr(address, ':') ? "[%s]:%u" : "%s:%u", address,
                 (unsigned)line->remote_port);
}

static int add_to_groups(struct connspan_report *report, const struct cs_line *line,
                         const struct cs_measure *measure, const char *remote)
{
    const char *keys[CONNSPAN_BY_COUNT] = {
        [CONNSPAN_BY_NAME] = line->name,
        [CONNSPAN_BY_COMM] = line->comm ? line->comm : "-",
        [CONNSPAN_BY_REMOTE] = remote,
        [CONNSPAN_BY_CONTAINER] = line->container ? line->container : "-",
    };
    int err = cs_row_add(&report->all, measure);

    for (size_t by = 0; by < CONNSPAN_BY_COUNT && !err; by++) {
        if (cs_report_has(report, by))
            err = cs_groups_add(&report->groups[by], keys[by], measure);
    }
    return err;
}

static int keep(struct connspan_report *report, const struct cs_line *line,
                const struct cs_measure *measure, const char *remote)
{
    struct cs_slowest *slowest = measure->failed ? &report->failed : &report->slowest;
    bool slow = measure->connection && cs_slowest_wants(slowest, measure->duration_ns);
    size_t at = report->sample.room ? cs_sample_offer(&report->sample) : CS_SAMPLE_NONE;
    struct cs_kept *kept = slow ? cs_kept_new(line, measure, remote) : NULL;
    struct cs_kept *sampled = at != CS_SAMPLE_NONE ? cs_kept_new(line, measure, remote) : NULL;

    if (kept) {
        kept->order = report->totals.entries;
        cs_slowest_add(slowest, kept);
    }
    if (sampled) {
        sampled->order = report->totals.entries;
        cs_sample_put(&report->sample, at, sampled);
    }
    return (slow && !kept) || (at != CS_SAMPLE_NONE && !sampled) ? -ENOMEM : 0;
}

static bool is_asked_for(struct connspan_report *report, uint64_t unix_ns)
{
    const struct connspan_report_options *options = &report->options;

    if (unix_ns >= options->since_unix_ns &&
        (!options->until_unix_ns || unix_ns < options->until_unix_ns))
        return true;
    report->totals.left_out++;
    return false;
}

static void count_failure(struct connspan_report *report, const struct cs_line *line)
{
    char reason[CS_TALLY_NAME_BYTES];

    snprintf(reason, sizeof(reason), "%s: %s", line->error_phase ? line->error_phase : "-",
             line->error_code ? line->error_code : line->outcome);
    cs_tally_add(&report->failures, reason, 1);
}

static int take_entry(struct connspan_report *report, const struct cs_line *line)
{
    struct cs_totals *totals = &report->totals;
    struct cs_measure measure;
    char remote[CS_KEPT_TEXT_BYTES];

    if (!cs_measure_take(&measure, line))
        return -EBADMSG;
    if (!is_asked_for(report, measure.unix_ns))
        return 0;
    totals->entries++;
    if (!totals->first_unix_ns || measure.unix_ns < totals->first_unix_ns)
        totals->first_unix_ns = measure.unix_ns;
    if (measure.unix_ns > totals->last_unix_ns)
        totals->last_unix_ns = measure.unix_ns;
    totals->abandoned += measure.abandoned;
    if (measure.abandoned)
        return 0;
    totals->unfinished += line->outcome && !strcmp(line->outcome, "unfinished");
    if (measure.failed)
        count_failure(report, line);
    format_remote(line, remote, sizeof(remote));
    return add_to_groups(report, line, &measure, remote) || keep(report, line, &measure, remote)
               ? -ENOMEM
               : 0;
}

/* ---- lines --------------------------------------------------------------------------------- */

static void take_header(struct reading *reading, const struct cs_line *line)
{
    struct connspan_report *report = reading->report;

    reading->readable = line->schema == CS_REPORT_SCHEMA;
    if (reading->readable) {
        report->totals.runs++;
        cs_tally_add(&report->hosts, line->host ? line->host : "-", 1);
        return;
    }
    if (reading->error != -EPROTO)
        cs_fail(&report->log, -EPROTO,
                "%s: line %llu: entries of schema %llu, by connspan %s; this version reads %d",
                cs_input_name(reading->input), (unsigned long long)reading->line,
                (unsigned long long)line->schema, line->version ? line->version : "?",
                CS_REPORT_SCHEMA);
    reading->error = -EPROTO;
}

static int take_line(struct reading *reading, const struct cs_line *line)
{
    struct connspan_report *report = reading->report;

    if (line->kind == CS_LINE_HEADER)
        take_header(reading, line);
    else if (line->kind == CS_LINE_ENTRY && reading->readable)
        return take_entry(report, line);
    else if (line->kind == CS_LINE_STATS && reading->readable)
        for (size_t i = 0; i < line->loss_count; i++)
            cs_tally_add(&report->losses, line->losses[i].name, line->losses[i].count);
    return line->kind == CS_LINE_BROKEN ? -EBADMSG : 0;
}

/* -EBADMSG: a line that is not to be read; what stays an error ends the file. */
static int check_line(struct reading *reading, const struct cs_input_line *text, int err)
{
    const char *name = cs_input_name(reading->input);

    if (err != -EBADMSG)
        return err;
    if (text->torn) {
        cs_say(&reading->report->log, CONNSPAN_WARNING, "%s: the last line is cut off and left out",
               name);
        return 0;
    }
    if (!reading->broken++)
        reading->broken_line = reading->line;
    return 0;
}

static void tell_progress(struct reading *reading, size_t bytes)
{
    struct connspan_report *report = reading->report;
    uint64_t done, total;

    report->read_bytes += bytes + 1;
    if (report->read_bytes < PROGRESS_BYTES || !report->options.on_progress)
        return;
    report->read_bytes = 0;
    cs_input_progress(reading->input, &done, &total);
    report->options.on_progress(report->options.context, cs_input_name(reading->input), done,
                                total);
}

static int read_lines(struct reading *reading)
{
    struct connspan_report *report = reading->report;
    struct cs_input_line text;
    int got, err = 0;

    while (!err && (got = cs_input_next(reading->input, &text)) > 0) {
        const struct cs_line *line;

        reading->line++;
        if (!text.length && reading->line > 1)
            continue;
        line = cs_line_reader_next(report->reader, text.text, text.length);
        if (reading->line == 1 && line->kind != CS_LINE_HEADER)
            return cs_fail(&report->log, -EBADMSG,
                           "%s: not NDJSON of connspan: line 1 is not its header",
                           cs_input_name(reading->input));
        err = check_line(reading, &text, take_line(reading, line));
        tell_progress(reading, text.length);
    }
    if (err)
        return cs_fail(&report->log, err, "%s: %s", cs_input_name(reading->input), strerror(-err));
    return got;
}

int connspan_report_read(struct connspan_report *report, const char *path)
{
    struct reading reading = {.report = report};
    int err = cs_input_open(path, &report->log, &reading.input);

    if (err)
        return err;
    err = read_lines(&reading);
    if (!err && !reading.line)
        err = cs_fail(&report->log, -ENODATA, "%s: is empty", cs_input_name(reading.input));
    if (reading.broken && !err)
        reading.error = cs_fail(&report->log, -EBADMSG,
                                "%s: lines that cannot be read: %llu, the first is line %llu",
                                cs_input_name(reading.input), (unsigned long long)reading.broken,
                                (unsigned long long)reading.broken_line);
    cs_input_close(reading.input);
    return err ? err : reading.error;
}
