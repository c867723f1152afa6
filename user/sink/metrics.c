/* SPDX-License-Identifier: MIT */
/* A short table, searched from its start: the first processes seen are mostly the busy ones. */
#include "user/sink/metrics.h"

#include <stdio.h>
#include <string.h>

#include "user/sink/span.h"

#define US 1000ULL
#define MS 1000000ULL

static const char other[] = "other";

const uint64_t cs_metric_bounds_ns[CS_METRIC_BUCKETS] = {
    100 * US, 250 * US, 500 * US, 1 * MS,   2500 * US, 5 * MS,    10 * MS,   25 * MS,
    50 * MS,  100 * MS, 250 * MS, 500 * MS, 1000 * MS, 2500 * MS, 5000 * MS, 10000 * MS,
};

static struct cs_metric_row *find(struct cs_metrics *metrics, const char *comm,
                                  enum connspan_role role)
{
    for (size_t i = 0; i < metrics->count; i++) {
        struct cs_metric_row *row = &metrics->rows[i];

        if (row->role == role && strncmp(row->comm, comm, sizeof(row->comm) - 1) == 0)
            return row;
    }
    return NULL;
}

/* Room is for every name in both roles, so that there always is some. */
static struct cs_metric_row *add(struct cs_metrics *metrics, const char *comm,
                                 enum connspan_role role)
{
    struct cs_metric_row *row = &metrics->rows[metrics->count++];

    *row = (struct cs_metric_row){.role = role};
    snprintf(row->comm, sizeof(row->comm), "%s", comm);
    return row;
}

static struct cs_metric_row *row_of(struct cs_metrics *metrics, const struct connspan_entry *entry)
{
    const char *comm = entry->process.comm ? entry->process.comm : "";
    enum connspan_role role = entry->connection.role;
    enum connspan_role opposite =
        role == CONNSPAN_ROLE_SERVER ? CONNSPAN_ROLE_CLIENT : CONNSPAN_ROLE_SERVER;
    struct cs_metric_row *row = find(metrics, comm, role);

    if (row)
        return row;
    if (!find(metrics, comm, opposite)) {
        if (metrics->names == CS_METRIC_NAMES)
            comm = other;
        else
            metrics->names++;
    }
    row = find(metrics, comm, role);
    return row ? row : add(metrics, comm, role);
}

static void measure(struct cs_histogram *histogram, uint64_t span_ns)
{
    size_t bucket = 0;

    if (span_ns == CONNSPAN_UNKNOWN)
        return;
    while (bucket < CS_METRIC_BUCKETS && span_ns > cs_metric_bounds_ns[bucket])
        bucket++;
    histogram->buckets[bucket]++;
    histogram->sum_ns += span_ns;
    histogram->count++;
}

/* A connection is counted by its first entry. What failed on it later is told by no other. */
static bool counts(const struct connspan_entry *entry)
{
    enum connspan_outcome outcome = entry->connection.outcome;

    if (outcome == CONNSPAN_FAILED || outcome == CONNSPAN_ABORTED)
        return true;
    return !entry->connection.late && !entry->connection.reused;
}

void cs_metrics_entry(struct cs_metrics *metrics, const struct connspan_entry *entry)
{
    enum connspan_outcome outcome = entry->connection.outcome;
    struct cs_metric_row *row;

    if (outcome == CONNSPAN_ABANDONED) /* its race was won by another, which is counted */
        return;
    row = row_of(metrics, entry);
    row->outcomes[outcome] += counts(entry);
    measure(&row->spans[CS_METRIC_TCP], cs_span_tcp_ns(entry));
    measure(&row->spans[CS_METRIC_TLS], cs_span_tls_ns(entry));
    if (outcome == CONNSPAN_CONNECTED) /* the entry may go on, with a request */
        measure(&row->spans[CS_METRIC_TOTAL],
                cs_span_ns(cs_span_tcp_start_ns(entry), entry->connect_end));
}

void cs_metrics_stats(struct cs_metrics *metrics, const struct connspan_stats *stats)
{
    metrics->loss_count = stats->loss_count < CS_LOSS_COUNT ? stats->loss_count : CS_LOSS_COUNT;
    for (size_t i = 0; i < metrics->loss_count; i++)
        metrics->losses[i] = stats->losses[i];
}
