/* SPDX-License-Identifier: MIT */
/*
 * The public writers: a format turns what it is told into lines, an output takes them. Which
 * formats there are is said here and nowhere else.
 */
#include <connspan/writer.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "user/base/cleanup.h"
#include "user/base/open.h"
#include "user/base/output.h"
#include "user/sink/csv.h"
#include "user/sink/ndjson.h"
#include "user/sink/otlp.h"
#include "user/sink/sink.h"
#include "user/sink/table.h"

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

enum { DEFAULT_MODE = 0600 };

static const struct cs_format *const formats[] = {
    [CONNSPAN_FORMAT_NDJSON] = &cs_ndjson,
    [CONNSPAN_FORMAT_TABLE] = &cs_table,
    [CONNSPAN_FORMAT_CSV] = &cs_csv,
    [CONNSPAN_FORMAT_OTLP] = &cs_otlp,
};

struct connspan_writer {
    const struct cs_format *format;
    struct cs_sink sink;
    struct cs_output *output;
    struct cs_buf lines;  /* of one call */
    bool empty;           /* there was nothing in the file */
    uint64_t unformatted; /* lost before they reached the output: out of memory */
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

/* Whether a file that is appended to ends in the middle of a line. */
static bool ends_in_line(int fd)
{
    struct stat st;
    char last;

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
           pread(fd, &last, 1, st.st_size - 1) == 1 && last != '\n';
}

static bool is_empty(int fd)
{
    struct stat st;

    return fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0;
}

static int open_output(const struct connspan_writer_options *options, const struct cs_log *log,
                       struct connspan_writer *writer)
{
    cs_auto_fd int fd = -1;
    unsigned mode = options->mode ? options->mode : DEFAULT_MODE;
    int error = cs_open_output(options->path, mode, log, &fd);
    bool fresh_line;

    if (error)
        return error;
    fresh_line = ends_in_line(fd);
    writer->empty = is_empty(fd);
    error = cs_output_new(cs_take_fd(&fd), options->path, log, &writer->output);
    if (!error && fresh_line)
        cs_output_add(writer->output, "\n", 1);
    return error;
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
    error = open_output(&known, &log, made);
    if (error) {
        free(made);
        return error;
    }
    made->format = formats[known.format];
    made->sink.colour = known.colour;
    made->sink.columns = known.columns;
    *writer = made;
    return 0;
}

/* Hands over what the format made of one call, and forgets it. */
static int hand_over(struct connspan_writer *writer)
{
    int error = 0;

    if (writer->lines.failed) {
        error = -ENOMEM;
        writer->unformatted++;
    } else if (writer->lines.length > 0) {
        error = cs_output_add(writer->output, writer->lines.data, writer->lines.length);
    }
    cs_buf_clear(&writer->lines);
    return error;
}

int connspan_writer_header(struct connspan_writer *writer, const struct connspan_run *run)
{
    struct cs_sink *sink = &writer->sink;

    snprintf(sink->version, sizeof(sink->version), "%s", run->version);
    snprintf(sink->host, sizeof(sink->host), "%s", run->host);
    sink->origin_unix_ns = run->time_origin_unix_ns;
    if (!writer->format->header || (writer->format->shape == CS_LINES_TITLE && !writer->empty))
        return 0;
    writer->format->header(sink, &writer->lines, run);
    return hand_over(writer);
}

int connspan_writer_entry(struct connspan_writer *writer, const struct connspan_entry *entry)
{
    writer->format->entry(&writer->sink, &writer->lines, entry);
    return hand_over(writer);
}

int connspan_writer_stats(struct connspan_writer *writer, const struct connspan_stats *stats)
{
    if (!writer->format->stats)
        return 0;
    writer->format->stats(&writer->sink, &writer->lines, stats);
    return hand_over(writer);
}

int connspan_writer_flush(struct connspan_writer *writer)
{
    return cs_output_flush(writer->output);
}

uint64_t connspan_writer_take_lost(struct connspan_writer *writer)
{
    uint64_t lost = writer->unformatted + cs_output_take_lost(writer->output);

    writer->unformatted = 0;
    return lost;
}

int connspan_writer_finish(struct connspan_writer *writer)
{
    return cs_output_finish(writer->output);
}

int connspan_writer_close(struct connspan_writer *writer)
{
    int error;

    if (!writer)
        return 0;
    error = cs_output_close(writer->output);
    cs_buf_free(&writer->lines);
    free(writer);
    return error;
}
