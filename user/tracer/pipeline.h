/* SPDX-License-Identifier: MIT */
/*
 * The heart's rooms in a row: raw record -> decode -> tape -> fold -> entry -> filter -> callback,
 * and the counters of all of them. Both sources, the live ring and a tape, pour into it.
 */
#pragma once

#include "user/base/log.h"
#include "user/entry/entry.h"
#include "user/entry/filter_copy.h"
#include "user/entry/strict.h"
#include "user/feed/tape_writer.h"
#include "user/fold/fold.h"
#include "user/tracer/run.h"

struct cs_pipeline {
    struct cs_log log;
    connspan_entry_fn on_entry;
    void *context;
    enum connspan_role role;
    struct cs_filter_copy filter;
    struct cs_run run;
    struct cs_origin origin;
    struct cs_fold *fold;
    struct cs_tape_writer *tape; /* NULL: none */
    struct cs_entry_text text;
    bool web_strict;
    uint64_t secret; /* of web_strict */
    uint64_t entries;
    uint64_t failures;
    uint64_t source_loss[CS_LOSS_COUNT]; /* as LOSS records told */
    uint64_t own_loss[CS_LOSS_COUNT];
    struct connspan_loss shown_loss[CS_LOSS_COUNT];
    struct connspan_stats stats;
};

/* All zero but `run`, which gives the clocks. The options are borrowed. 0 or -ENOMEM. */
int cs_pipeline_init(struct cs_pipeline *pipeline, const struct connspan_options *options);
void cs_pipeline_free(struct cs_pipeline *pipeline);

/* One raw record of `length` bytes; a record that decode refuses is counted. */
void cs_pipeline_raw(struct cs_pipeline *pipeline, const void *data, size_t length);

/* The same for a record that was decoded, or that we made. */
void cs_pipeline_event(struct cs_pipeline *pipeline, const struct cs_event *event);

const struct connspan_stats *cs_pipeline_stats(struct cs_pipeline *pipeline);
