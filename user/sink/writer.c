/* SPDX-License-Identifier: MIT */
/*
 * The public writers: a format turns what it is told into bytes, a target takes them, a schedule
 * says when a file is full. Which formats there are is said here and nowhere else.
 */
#include <connspan/writer.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/sink/csv.h"
#include "user/sink/har.h"
#include "user/sink/ndjson.h"
#include "user/sink/otlp.h"
#include "user/sink/prometheus.h"
#include "user/sink/schedule.h"
#include "user/sink/sink.h"
#include "user/sink/table.h"
#include "user/sink/target.h"
#include "user/sink/trace.h"

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const struct cs_format *const formats[] = {
    [CONNSPAN_FORMAT_NDJSON] = &cs_ndjson,
    [CONNSPAN_FORMAT_TABLE] = &cs_table,
    [CONNSPAN_FORMAT_CSV] = &cs_csv,
    [CONNSPAN_FORMAT_OTLP] = &cs_otlp,
    [CONNSPAN_FORMAT_HAR] = &cs_har,
    [CONNSPAN_FORMAT_TRACE] = &cs_trace,
    [CONNSPAN_FORMAT_PROMETHEUS] = &cs_prometheus,
};

struct connspan_writer {
    const struct cs_format *format;
    struct cs_sink sink;
    struct cs_target *target;
    struct cs_schedule schedule;
    struct cs_buf bytes;  /* of one call */
    uint64_t unformatted; /* lost before they reached the target: out of memory */
    bool pending;         /* the last flush left something */
    bool begun;
};

enum connspan_format connspan_format_by_name(const char *name)
{
    for (size_t i = CONNSPAN_FORMAT_NONE + 1; i < ARRAY_LENGTH(formats); i++)
        if (strcmp(formats[i]->name, name) == 0)
            return (enum connspan_format)i;
    return CONNSPAN_FORMAT_NONE;
}

enum connspan_format connspan_format_by_path(const char *path)
{
    size_t length = strlen(path);

    for (size_t i = CONNSPAN_FORMAT_NONE + 1; i < ARRAY_LENGTH(formats); i++) {
        const char *extension = formats[i]->extension;
        size_t tail = extension ? strlen(extension) : length;

        if (tail < length && strcmp(path + length - tail, extension) == 0)
            return (enum connspan_format)i;
    }
    return CONNSPAN_FORMAT_NONE;
}

static int open_writer(struct connspan_writer *writer,
                       const struct connspan_writer_options *options, const struct cs_log *log)
{
    struct cs_target_options wanted = {
        .path = options->path,
        .format = writer->format,
        .mode = options->mode ? options->mode : writer->format->mode,
        .kept = {.keep = options->keep, .compress = options->compress},
    };
    bool snapshots = writer->format->shape == CS_SNAPSHOT;
    int error = writer->format->open ? writer->format->open(&writer->sink) : 0;

    if (error)
        return cs_fail(log, error, "%s: out of memory", options->path);
    error = cs_target_open(&wanted, log, &writer->target);
    if (error)
        return error;
    writer->sink.colour = options->colour;
    writer->sink.columns = options->columns;
    if (cs_target_is_file(writer->target)) {
        writer->schedule.snapshots = snapshots;
        writer->schedule.rotate_bytes = snapshots ? 0 : options->rotate_bytes;
        writer->schedule.rotate_every_ns = snapshots ? 0 : options->rotate_every_ns;
    }
    return 0;
}

static void free_writer(struct connspan_writer *writer)
{
    if (writer->format->close)
        writer->format->close(&writer->sink);
    cs_buf_free(&writer->bytes);
    free(writer);
}

int connspan_writer_open(const struct connspan_writer_options *options,
                         struct connspan_writer **writer)
{
    struct connspan_writer_options known = {0}; /* the caller's may be of an older library */
    size_t size = options->size < sizeof(known) ? options->size : sizeof(known);
    struct connspan_writer *made;
    struct cs_log log;
    int error;

    memcpy(&known, options, size);
    log = (struct cs_log){known.on_log, known.context};
    if (known.format == CONNSPAN_FORMAT_NONE)
        known.format = connspan_format_by_path(known.path);
    if (known.format == CONNSPAN_FORMAT_NONE || (size_t)known.format >= ARRAY_LENGTH(formats))
        return cs_fail(&log, -EINVAL, "%s: its name tells no format: choose one", known.path);
    made = calloc(1, sizeof(*made));
    if (!made)
        return cs_fail(&log, -ENOMEM, "%s: out of memory", known.path);
    made->format = formats[known.format];
    error = open_writer(made, &known, &log);
    if (error)
        free_writer(made);
    else
        *writer = made;
    return error;
}

/* Whether what the format made of one call can be handed over. */
static bool is_formatted(struct connspan_writer *writer)
{
    if (!writer->bytes.failed)
        return true;
    writer->unformatted++;
    cs_buf_clear(&writer->bytes);
    return false;
}

/* Hands over what the format made of one call, and forgets it. */
static int hand_over(struct connspan_writer *writer)
{
    int error = 0;

    if (!is_formatted(writer))
        return -ENOMEM;
    if (writer->bytes.length > 0) {
        error = cs_target_add(writer->target, writer->bytes.data, writer->bytes.length);
        writer->schedule.bytes += error ? 0 : writer->bytes.length;
    }
    cs_buf_clear(&writer->bytes);
    return error;
}

static int put_snapshot(struct connspan_writer *writer)
{
    int error;

    writer->format->snapshot(&writer->sink, &writer->bytes);
    if (!is_formatted(writer))
        return -ENOMEM;
    error = cs_target_replace(writer->target, writer->bytes.data, writer->bytes.length);
    cs_buf_clear(&writer->bytes);
    return error;
}

/* A title is the file's own to write. */
static int begin_file(struct connspan_writer *writer, enum cs_begin how,
                      const struct connspan_run *run)
{
    bool title = writer->format->shape == CS_LINES_TITLE;
    bool stream = !cs_target_is_file(writer->target);
    int error;

    if (writer->format->shape == CS_SNAPSHOT)
        return put_snapshot(writer);
    if (writer->format->header && (!title || (stream && how == CS_BEGIN_FIRST)))
        writer->format->header(&writer->sink, &writer->bytes, run);
    if (!is_formatted(writer))
        return -ENOMEM;
    error = cs_target_begin(writer->target, how, writer->bytes.data, writer->bytes.length);
    cs_schedule_begin(&writer->schedule, writer->bytes.length);
    cs_buf_clear(&writer->bytes);
    return error;
}

int connspan_writer_header(struct connspan_writer *writer, const struct connspan_run *run)
{
    struct cs_sink *sink = &writer->sink;
    enum cs_begin how = CS_BEGIN_FIRST;
    uint64_t bytes = cs_target_bytes(writer->target);
    int error;

    snprintf(sink->version, sizeof(sink->version), "%s", run->version);
    snprintf(sink->host, sizeof(sink->host), "%s", run->host);
    sink->origin_unix_ns = run->time_origin_unix_ns;
    if (!writer->begun &&
        cs_schedule_is_old(&writer->schedule, bytes, cs_target_time(writer->target)))
        how = CS_BEGIN_ROTATE;
    error = begin_file(writer, how, run);
    if (!writer->begun && how == CS_BEGIN_FIRST)
        writer->schedule.bytes += bytes;
    writer->begun = true;
    return error;
}

int connspan_writer_entry(struct connspan_writer *writer, const struct connspan_entry *entry)
{
    writer->format->entry(&writer->sink, &writer->bytes, entry);
    writer->schedule.entries++;
    return hand_over(writer);
}

int connspan_writer_stats(struct connspan_writer *writer, const struct connspan_stats *stats)
{
    if (!writer->format->stats)
        return 0;
    writer->format->stats(&writer->sink, &writer->bytes, stats);
    return hand_over(writer);
}

bool connspan_writer_full(const struct connspan_writer *writer)
{
    return cs_schedule_is_full(&writer->schedule);
}

static int begin_next(struct connspan_writer *writer, enum cs_begin how,
                      const struct connspan_run *run, const struct connspan_stats *stats)
{
    if (!cs_target_is_file(writer->target))
        return 0;
    connspan_writer_stats(writer, stats);
    return begin_file(writer, how, run);
}

int connspan_writer_rotate(struct connspan_writer *writer, const struct connspan_run *run,
                           const struct connspan_stats *stats)
{
    return begin_next(writer, CS_BEGIN_ROTATE, run, stats);
}

int connspan_writer_reopen(struct connspan_writer *writer, const struct connspan_run *run,
                           const struct connspan_stats *stats)
{
    return begin_next(writer, CS_BEGIN_REOPEN, run, stats);
}

int connspan_writer_flush(struct connspan_writer *writer)
{
    int state;

    if (cs_schedule_look(&writer->schedule))
        put_snapshot(writer);
    state = cs_target_flush(writer->target);
    writer->pending = state != 0;
    return state;
}

int connspan_writer_wait_ms(const struct connspan_writer *writer)
{
    return cs_schedule_wait_ms(&writer->schedule, writer->pending);
}

uint64_t connspan_writer_take_lost(struct connspan_writer *writer)
{
    uint64_t lost = writer->unformatted + cs_target_take_lost(writer->target);

    writer->unformatted = 0;
    return lost;
}

int connspan_writer_finish(struct connspan_writer *writer)
{
    if (writer->format->shape == CS_SNAPSHOT && writer->begun)
        put_snapshot(writer);
    writer->begun = false;
    return cs_target_finish(writer->target);
}

int connspan_writer_close(struct connspan_writer *writer)
{
    int finished, closed;

    if (!writer)
        return 0;
    finished = connspan_writer_finish(writer);
    closed = cs_target_close(writer->target);
    free_writer(writer);
    return finished ? finished : closed;
}
