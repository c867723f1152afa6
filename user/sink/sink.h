/* SPDX-License-Identifier: MIT */
/*
 * What a format is: three functions that turn what a run tells into bytes. A format does no I/O and
 * has no memory of its own but the struct here, of which each writer has one.
 */
#pragma once

#include <connspan/entry.h>
#include <connspan/tracer.h>

#include "include/wire/event.h"
#include "user/base/buf.h"

struct cs_sink {
    bool colour;                  /* table only */
    int columns;                  /* table only; 0: unlimited */
    uint64_t told[CS_LOSS_COUNT]; /* totals in the last stats line */
};

/* Each appends whole lines, or nothing where the format has nothing to say. */
struct cs_format {
    const char *name;
    const char *extension;
    void (*header)(struct cs_sink *sink, struct cs_buf *out, const struct connspan_run *run);
    void (*entry)(struct cs_sink *sink, struct cs_buf *out, const struct connspan_entry *entry);
    void (*stats)(struct cs_sink *sink, struct cs_buf *out, const struct connspan_stats *stats);
};
