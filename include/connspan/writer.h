/* SPDX-License-Identifier: MIT */
/*
 * Writers turn entries into a file or a stream: one format, one destination each.
 * Errors: 0 or -errno, the text once to the log callback. After an error a writer stays usable and
 * counts what it could not write. A writer belongs to one thread at a time. It never waits for a
 * slow reader: up to 4 MB are held for it. Who writes to pipes ignores SIGPIPE and gets -EPIPE.
 */
#pragma once

#include <connspan/tracer.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

enum connspan_format {
    CONNSPAN_FORMAT_NONE,
    CONNSPAN_FORMAT_NDJSON,
    CONNSPAN_FORMAT_TABLE,
    CONNSPAN_FORMAT_CSV,  /* RFC 4180; one title row, which only an empty file gets */
    CONNSPAN_FORMAT_OTLP, /* OpenTelemetry's file format: JSON lines, a trace per entry */
};

struct connspan_writer_options {
    size_t size;      /* sizeof(struct connspan_writer_options): see CONNSPAN_WRITER_OPTIONS */
    const char *path; /* "-" is standard output; borrowed during open */
    enum connspan_format format;
    unsigned mode; /* of a new file; 0: 0600 */
    bool colour;   /* table only */
    int columns;   /* table only: width of the terminal; 0: unlimited */
    connspan_log_fn on_log;
    void *context;
};

#define CONNSPAN_WRITER_OPTIONS                                                                    \
    {                                                                                              \
        .size = sizeof(struct connspan_writer_options)                                             \
    }

struct connspan_writer;

/* "ndjson" -> CONNSPAN_FORMAT_NDJSON; NONE when there is no such format. */
enum connspan_format connspan_format_by_name(const char *name);
/* By the file's extension (".ndjson"); NONE when it tells nothing. */
enum connspan_format connspan_format_by_path(const char *path);

/*
 * Opens the destination. Refused with -EISDIR, -ELOOP, -EPERM: a directory, a symbolic link as last
 * component, a file of another owner or with several links. FIFOs, /dev/fd/N and /dev/null are
 * fine.
 */
int connspan_writer_open(const struct connspan_writer_options *options,
                         struct connspan_writer **writer);

int connspan_writer_header(struct connspan_writer *writer, const struct connspan_run *run);
int connspan_writer_entry(struct connspan_writer *writer, const struct connspan_entry *entry);
int connspan_writer_stats(struct connspan_writer *writer, const struct connspan_stats *stats);
int connspan_writer_flush(struct connspan_writer *writer);

/* Nothing more comes: waits a moment for a slow reader, then counts what is left as lost. */
int connspan_writer_finish(struct connspan_writer *writer);

/* Lines, so entries as a rule, that were lost since the last call. */
uint64_t connspan_writer_take_lost(struct connspan_writer *writer);

/* Flushes and closes. Returns the last error of either; the writer is gone in any case. */
int connspan_writer_close(struct connspan_writer *writer);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
