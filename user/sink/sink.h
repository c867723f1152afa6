/* SPDX-License-Identifier: MIT */
/*
 * What a format is: functions that turn what a run tells into bytes. A format does no I/O and has
 * no memory of its own but what hangs on the struct here, of which each writer has one.
 */
#pragma once

#include <connspan/entry.h>
#include <connspan/tracer.h>

#include "include/wire/event.h"
#include "user/base/buf.h"

struct cs_metrics;

enum { CS_NAMED_PIDS = 64 };

struct cs_sink {
    bool colour;                  /* table only */
    int columns;                  /* table only; 0: unlimited */
    uint64_t told[CS_LOSS_COUNT]; /* ndjson: totals in the last stats line */
    char version[32];             /* what the run's header said, for entries that repeat it */
    char host[256];
    uint64_t origin_unix_ns;
    uint64_t named[CS_NAMED_PIDS]; /* trace: processes that were given their names lately */
    struct cs_metrics *metrics;    /* prometheus: what was counted */
};

/* What a file of the format is, and so how it is written and continued. */
enum cs_shape {
    CS_LINES,       /* lines; each run begins with a header of its own */
    CS_LINES_TITLE, /* lines below one title, which only an empty file gets */
    CS_DOCUMENT,    /* one value: a header, units that begin with a comma, a tail */
    CS_SNAPSHOT,    /* nothing until asked; then all that is known, in place of what was there */
};

/* Each function appends whole lines; NULL where the format has nothing to say. */
struct cs_format {
    const char *name;
    const char *extension; /* NULL: no file name tells it */
    enum cs_shape shape;
    unsigned mode;    /* of a new file */
    const char *tail; /* DOCUMENT only */
    int (*open)(struct cs_sink *sink);
    void (*close)(struct cs_sink *sink);
    void (*header)(struct cs_sink *sink, struct cs_buf *out, const struct connspan_run *run);
    void (*entry)(struct cs_sink *sink, struct cs_buf *out, const struct connspan_entry *entry);
    void (*stats)(struct cs_sink *sink, struct cs_buf *out, const struct connspan_stats *stats);
    void (*snapshot)(struct cs_sink *sink, struct cs_buf *out);
};
