/* SPDX-License-Identifier: MIT */
/* Where a tracer's events come from: a live host (live.c) or a tape (recorded.c). */
#pragma once

#include "user/tracer/pipeline.h"

struct cs_source; /* each kind has its own */

struct cs_source_kind {
    int (*fd)(const struct cs_source *source);
    /* 1 handled something, 0 nothing came in time, -ENODATA the end of a tape, -errno */
    int (*poll)(struct cs_source *source, int timeout_ms);
    int (*follow)(struct cs_source *source, uint32_t pid);
    int (*finish)(struct cs_source *source); /* the last events; the fold is finished after it */
    uint64_t (*now_ns)(const struct cs_source *source);
    void (*close)(struct cs_source *source);
};

/* Sources pour into `pipeline`, which outlives them. */
extern const struct cs_source_kind cs_live_kind;
extern const struct cs_source_kind cs_recorded_kind;

int cs_live_open(const struct connspan_options *options, struct cs_pipeline *pipeline,
                 struct cs_source **source);
int cs_recorded_open(const char *path, const struct connspan_options *options,
                     struct cs_pipeline *pipeline, struct cs_source **source);
