/* SPDX-License-Identifier: MIT */
/* Counts entries by process name, role and outcome, and their durations into fixed buckets. */
#pragma once

#include <connspan/entry.h>
#include <connspan/tracer.h>

#include "include/wire/event.h"

enum {
    CS_METRIC_NAMES = 32, /* process names told apart */
    CS_METRIC_ROWS = 2 * (CS_METRIC_NAMES + 1),
    CS_METRIC_BUCKETS = 16, /* below +Inf */
    CS_METRIC_OUTCOMES = CONNSPAN_UNFINISHED + 1,
};

enum cs_metric_span { CS_METRIC_TCP, CS_METRIC_TLS, CS_METRIC_TOTAL, CS_METRIC_SPANS };

struct cs_histogram {
    uint64_t buckets[CS_METRIC_BUCKETS + 1]; /* not summed up; the last one is +Inf */
    uint64_t sum_ns;
    uint64_t count;
};

struct cs_metric_row {
    char comm[16];
    enum connspan_role role;
    uint64_t outcomes[CS_METRIC_OUTCOMES];
    struct cs_histogram spans[CS_METRIC_SPANS];
};

struct cs_metrics {
    struct cs_metric_row rows[CS_METRIC_ROWS];
    size_t count;
    size_t names; /* distinct ones in rows, "other" not counted */
    struct connspan_loss losses[CS_LOSS_COUNT];
    size_t loss_count;
};

/* The upper bounds of the buckets; +Inf is not among them. */
extern const uint64_t cs_metric_bounds_ns[CS_METRIC_BUCKETS];

void cs_metrics_entry(struct cs_metrics *metrics, const struct connspan_entry *entry);
void cs_metrics_stats(struct cs_metrics *metrics, const struct connspan_stats *stats);
