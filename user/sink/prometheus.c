/* SPDX-License-Identifier: MIT */
/*
 * Names and units by Prometheus' rules, which promtool checks: seconds, _total, each family in one
 * piece below its HELP and TYPE, no timestamps (the collector refuses files with any).
 */
#include "user/sink/prometheus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/sink/entry_json.h"
#include "user/sink/json.h"
#include "user/sink/metrics.h"
#include "user/sink/utf8.h"

struct family {
    const char *name;
    const char *help;
};

static const struct family spans[CS_METRIC_SPANS] = {
    [CS_METRIC_TCP] = {"connspan_tcp_connect_seconds",
                       "Time from connect() until TCP was established."},
    [CS_METRIC_TLS] = {"connspan_tls_handshake_seconds", "Time that TLS handshakes took."},
    [CS_METRIC_TOTAL] = {"connspan_connect_seconds",
                         "Time from connect() until the connection could be used."},
};

static void put_family(struct cs_buf *out, const struct family *family, const char *type)
{
    cs_buf_format(out, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help, family->name,
                  type);
}

/* Escaped as the format wants; a process may call itself anything. */
static void put_label(struct cs_buf *out, const char *text)
{
    size_t room = strlen(text);

    while (room > 0) {
        uint32_t code;
        size_t length = cs_utf8_read(text, room, &code);
        size_t read = length ? length : 1;

        if (*text == '\\' || *text == '"')
            cs_buf_add(out, "\\", 1);
        if (*text == '\n')
            cs_buf_add(out, "\\n", 2);
        else
            cs_buf_add(out, length ? text : "\xef\xbf\xbd", length ? length : 3);
        text += read;
        room -= read;
    }
}

static void put_sample(struct cs_buf *out, const char *name, const char *suffix,
                       const struct cs_metric_row *row)
{
    cs_buf_text(out, name);
    cs_buf_text(out, suffix);
    cs_buf_text(out, "{comm=\"");
    put_label(out, row->comm);
    cs_buf_text(out, "\",role=\"");
    cs_buf_text(out, cs_role_name(row->role));
    cs_buf_add(out, "\"", 1);
}

static void put_value(struct cs_buf *out, uint64_t value)
{
    cs_buf_add(out, " ", 1);
    cs_json_number(out, value);
    cs_buf_add(out, "\n", 1);
}

/* The shortest decimal: a bound is a label, and so must be the same text for ever. */
static void put_seconds(struct cs_buf *out, uint64_t ns)
{
    char text[32];
    int length = snprintf(text, sizeof(text), "%llu.%09llu", (unsigned long long)(ns / 1000000000),
                          (unsigned long long)(ns % 1000000000));

    while (text[length - 1] == '0')
        length--;
    length -= text[length - 1] == '.';
    cs_buf_add(out, text, (size_t)length);
}

static void put_buckets(struct cs_buf *out, const struct family *family,
                        const struct cs_metric_row *row, const struct cs_histogram *histogram)
{
    uint64_t below = 0;

    for (size_t i = 0; i <= CS_METRIC_BUCKETS; i++) {
        below += histogram->buckets[i];
        put_sample(out, family->name, "_bucket", row);
        cs_buf_text(out, ",le=\"");
        if (i < CS_METRIC_BUCKETS)
            put_seconds(out, cs_metric_bounds_ns[i]);
        else
            cs_buf_text(out, "+Inf");
        cs_buf_text(out, "\"}");
        put_value(out, below);
    }
    put_sample(out, family->name, "_sum", row);
    cs_buf_text(out, "} ");
    put_seconds(out, histogram->sum_ns);
    cs_buf_add(out, "\n", 1);
    put_sample(out, family->name, "_count", row);
    cs_buf_add(out, "}", 1);
    put_value(out, histogram->count);
}

static void put_spans(struct cs_buf *out, const struct cs_metrics *metrics,
                      enum cs_metric_span span)
{
    bool told = false;

    for (size_t i = 0; i < metrics->count; i++) {
        const struct cs_histogram *histogram = &metrics->rows[i].spans[span];

        if (!histogram->count)
            continue;
        if (!told)
            put_family(out, &spans[span], "histogram");
        told = true;
        put_buckets(out, &spans[span], &metrics->rows[i], histogram);
    }
}

static void put_outcomes(struct cs_buf *out, const struct cs_metrics *metrics)
{
    static const struct family family = {"connspan_connections_total",
                                         "Connections that completed, failed or were given up."};

    if (metrics->count)
        put_family(out, &family, "counter");
    for (size_t i = 0; i < metrics->count; i++) {
        const struct cs_metric_row *row = &metrics->rows[i];

        for (int outcome = 0; outcome < CS_METRIC_OUTCOMES; outcome++) {
            if (!row->outcomes[outcome])
                continue;
            put_sample(out, family.name, "", row);
            cs_buf_format(out, ",outcome=\"%s\"}", cs_outcome_name((enum connspan_outcome)outcome));
            put_value(out, row->outcomes[outcome]);
        }
    }
}

static void put_losses(struct cs_buf *out, const struct cs_metrics *metrics)
{
    static const struct family family = {"connspan_lost_total",
                                         "What was lost or could not be told in full, by reason."};

    if (metrics->loss_count)
        put_family(out, &family, "counter");
    for (size_t i = 0; i < metrics->loss_count; i++) {
        cs_buf_format(out, "%s{reason=\"%s\"}", family.name, metrics->losses[i].name);
        put_value(out, metrics->losses[i].total);
    }
}

static void put_snapshot(struct cs_sink *sink, struct cs_buf *out)
{
    static const struct family info = {"connspan_build_info", "The version that runs."};

    put_family(out, &info, "gauge");
    cs_buf_format(out, "%s{version=\"%s\"} 1\n", info.name, sink->version);
    put_outcomes(out, sink->metrics);
    for (int span = 0; span < CS_METRIC_SPANS; span++)
        put_spans(out, sink->metrics, (enum cs_metric_span)span);
    put_losses(out, sink->metrics);
}

static int open_metrics(struct cs_sink *sink)
{
    sink->metrics = calloc(1, sizeof(*sink->metrics));
    return sink->metrics ? 0 : -ENOMEM;
}

static void close_metrics(struct cs_sink *sink)
{
    free(sink->metrics);
}

static void take_entry(struct cs_sink *sink, struct cs_buf *out, const struct connspan_entry *entry)
{
    (void)out;
    cs_metrics_entry(sink->metrics, entry);
}

static void take_stats(struct cs_sink *sink, struct cs_buf *out, const struct connspan_stats *stats)
{
    (void)out;
    cs_metrics_stats(sink->metrics, stats);
}

const struct cs_format cs_prometheus = {
    .name = "prometheus",
    .extension = ".prom",
    .shape = CS_SNAPSHOT,
    .mode = 0644, /* the node exporter has a user of its own */
    .open = open_metrics,
    .close = close_metrics,
    .entry = take_entry,
    .stats = take_stats,
    .snapshot = put_snapshot,
};
