/* SPDX-License-Identifier: MIT */
/*
 * Writers turn entries into a file or a stream: one format, one destination each.
 * Errors: 0 or -errno, the text once to the log callback. After an error a writer stays usable,
 * holds up to 16 MB (4 MB for a pipe), tries again every second and counts what it could not keep.
 * It never waits for a slow reader or disk. Who writes to pipes ignores SIGPIPE and gets -EPIPE.
 * Threads: a writer, and its callback, belong to one thread at a time. A writer to a file has a
 * thread of its own for the disk, which begins with the first call after open, ends with finish or
 * close, gets no signal, and never calls back; do not fork(2) a process that is to write on.
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
    CONNSPAN_FORMAT_CSV,        /* RFC 4180; one title row, which only an empty file gets */
    CONNSPAN_FORMAT_OTLP,       /* OpenTelemetry's file format: JSON lines, a trace per entry */
    CONNSPAN_FORMAT_HAR,        /* HTTP archive 1.2 */
    CONNSPAN_FORMAT_TRACE,      /* Chrome's trace events, in JSON */
    CONNSPAN_FORMAT_PROMETHEUS, /* counters and histograms, anew every 10 s */
};

struct connspan_writer_options {
    size_t size;      /* sizeof(struct connspan_writer_options): see CONNSPAN_WRITER_OPTIONS */
    const char *path; /* "-" is standard output; borrowed during open */
    enum connspan_format format;
    unsigned mode; /* of a new file; 0: the format's, 0600 or (prometheus) 0644 */
    bool colour;   /* table only */
    int columns;   /* table only: width of the terminal; 0: unlimited */
    connspan_log_fn on_log;
    void *context;

    /* Of files with a name; a closed one is called stem.YYYYMMDDTHHMMSSZ.NNNN.ext */
    uint64_t rotate_bytes;    /* full with the entry that reaches it; 0: never */
    uint64_t rotate_every_ns; /* full at each multiple of it, UTC; 0: never */
    unsigned keep;            /* closed files; the oldest beyond are removed; 0: all */
    bool compress;            /* closed files, by gzip, in the background */
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

/* Whether the file has reached a limit: rotate is to be called before the next entry. */
bool connspan_writer_full(const struct connspan_writer *writer);

/* Ends the file with a stats line, closes it under its dated name, and begins the next one. */
int connspan_writer_rotate(struct connspan_writer *writer, const struct connspan_run *run,
                           const struct connspan_stats *stats);

/* After somebody else moved the file away, logrotate(8) for one: begins the one its path names. */
int connspan_writer_reopen(struct connspan_writer *writer, const struct connspan_run *run,
                           const struct connspan_stats *stats);

/* 0: all is written; 1: it is under way; -errno: it cannot be written now. Never waits. */
int connspan_writer_flush(struct connspan_writer *writer);

/* After how many ms a flush is due although nothing was written in between; -1: not at all. */
int connspan_writer_wait_ms(const struct connspan_writer *writer);

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
