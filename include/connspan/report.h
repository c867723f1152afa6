/* SPDX-License-Identifier: MIT */
/*
 * Reads NDJSON files of connspan back, gzipped ones too, in one pass and bounded memory, and tells
 * what they hold: as text, as JSON, as one HTML page. One thread at a time.
 * Errors: 0 or -errno, the text once to the log callback.
 */
#pragma once

#include <connspan/tracer.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* What a table has a row for. */
enum connspan_report_by {
    CONNSPAN_BY_NAME,
    CONNSPAN_BY_COMM,
    CONNSPAN_BY_REMOTE, /* address and port */
    CONNSPAN_BY_CONTAINER,
    CONNSPAN_BY_COUNT
};

/* Of the file being read; `total_bytes` is 0 where it is not known. */
typedef void (*connspan_progress_fn)(void *context, const char *path, uint64_t done_bytes,
                                     uint64_t total_bytes);

struct connspan_report_options {
    size_t size;            /* sizeof(struct connspan_report_options), see the macro below */
    unsigned by;            /* tables wanted, 1u << CONNSPAN_BY_...; 0: by name and by comm */
    uint64_t since_unix_ns; /* entries that start earlier are left out; 0: none */
    uint64_t until_unix_ns; /* those that start then or later; 0: none */
    uint32_t slowest;       /* how many of the slowest connections are kept */
    uint32_t sample;        /* how many entries the HTML page may hold; 0: no page is wanted */
    connspan_progress_fn on_progress; /* NULL: none */
    connspan_log_fn on_log;
    void *context; /* for both */
};

#define CONNSPAN_REPORT_OPTIONS                                                                    \
    {                                                                                              \
        .size = sizeof(struct connspan_report_options), .slowest = 10                              \
    }

struct connspan_report;

/* 0 or -ENOMEM. */
int connspan_report_new(const struct connspan_report_options *options,
                        struct connspan_report **report);

/*
 * Takes in one file; "-" is standard input. What is whole in a damaged file is taken in before the
 * error shows. -EISDIR a directory, -ENODATA an empty file, -EBADMSG no NDJSON of connspan, or
 * damaged, -EPROTO a schema that this version does not read, -ENOMEM, -errno of open(2) or read(2).
 */
int connspan_report_read(struct connspan_report *report, const char *path);

/* Header lines of connspan that were read: 0 when there is nothing to tell about. */
uint64_t connspan_report_runs(const struct connspan_report *report);

struct connspan_report_style {
    size_t size;   /* sizeof(struct connspan_report_style) */
    uint32_t rows; /* of a table, at most; what is left is one more row */
    bool colour;   /* text only */
    int columns;   /* text only: width of the terminal; 0: 100 */
};

/* Takes the next piece of what is written; other than 0 (-errno) ends it. */
typedef int (*connspan_put_fn)(void *context, const char *text, size_t length);

/* 0, -ENOMEM, or what `put` returned. The form of the JSON is in docs/report.md. */
int connspan_report_text(const struct connspan_report *report,
                         const struct connspan_report_style *style, connspan_put_fn put,
                         void *context);
int connspan_report_json(const struct connspan_report *report,
                         const struct connspan_report_style *style, connspan_put_fn put,
                         void *context);
/* One page that needs nothing else, for a browser. */
int connspan_report_html(const struct connspan_report *report,
                         const struct connspan_report_style *style, connspan_put_fn put,
                         void *context);

void connspan_report_free(struct connspan_report *report); /* NULL is fine */

/* RFC 3339, e.g. an entry's timestamp, as nanoseconds since 1970; 0: it is none, or before then. */
uint64_t connspan_timestamp_parse(const char *text);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
