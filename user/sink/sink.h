/* SPDX-License-Identifier: MIT */
/*
 * What a format is: functions that turn what a run tells into bytes. A format does no I/O and has
 * no memory of its own but the struct here, of which each writer has one.
 */
#pragma once

#include <connspan/entry.h>
#include <connspan/tracer.h>

#include "include/wire/event.h"
#include "user/base/buf.h"

struct cs_sink {
    bool colour;                  /* table only */
    int columns;                  /* table only; 0: unlimited */
    uint64_t told[CS_LOSS_COUNT]; /* ndjson: totals in the last stats line */
    char version[32];             /* what the run's header said, for entries that repeat it */
    char host[256];
    uint64_t origin_unix_ns;
};

/* What a file of the format is, and so how it is written and continued. */
enum cs_shape {
    CS_LINES,       /* lines; each run begins with a header of its own */
    CS_LINES_TITLE, /* lines below one title, which only an empty file gets */
};

/* Each function appends whole lines; NULL where the format has nothing to say. */
struct cs_format {
    const char *name;
    const char *extension; /* NULL: no file name tells it */
    enum cs_shape shape;
    void (*header)(struct cs_sink *sink, struct cs_buf *out, const struct connspan_run *run);
    void (*entry)(struct cs_sink *sink, struct cs_buf *out, const struct connspan_entry *entry);
    void (*stats)(struct cs_sink *sink, struct cs_buf *out, const struct connspan_stats *stats);
};
