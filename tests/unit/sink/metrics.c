/* SPDX-License-Identifier: MIT */
/* Bounded labels, buckets, and names that would break the exposition format. */
#include "user/sink/metrics.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/sink/sample.h"
#include "user/sink/prometheus.h"

static struct cs_metrics metrics;

static void count(const char *comm, enum connspan_role role)
{
    struct connspan_entry entry = sample_tls();

    entry.process.comm = comm;
    entry.connection.role = role;
    cs_metrics_entry(&metrics, &entry);
}

Test(metrics, names_after_the_first_are_other)
{
    char comm[16];

    for (int i = 0; i < 1000; i++) {
        snprintf(comm, sizeof(comm), "worker-%d", i);
        count(comm, CONNSPAN_ROLE_CLIENT);
        count(comm, CONNSPAN_ROLE_SERVER);
    }
    count("other", CONNSPAN_ROLE_CLIENT);
    cr_expect_eq(metrics.count, CS_METRIC_ROWS);
    cr_expect_str_eq(metrics.rows[0].comm, "worker-0");
    cr_expect_eq(metrics.rows[0].outcomes[CONNSPAN_CONNECTED], 1);
    cr_expect_str_eq(metrics.rows[CS_METRIC_ROWS - 1].comm, "other");
    cr_expect_eq(metrics.rows[CS_METRIC_ROWS - 1].outcomes[CONNSPAN_CONNECTED],
                 1000 - CS_METRIC_NAMES);
}

Test(metrics, measures_what_was_reached)
{
    struct connspan_entry failed = sample_failed();

    count("a", CONNSPAN_ROLE_CLIENT);
    failed.process.comm = "a";
    cs_metrics_entry(&metrics, &failed);
    cr_assert_eq(metrics.count, 1);
    cr_expect_eq(metrics.rows[0].outcomes[CONNSPAN_FAILED], 1);
    cr_expect_eq(metrics.rows[0].spans[CS_METRIC_TCP].count, 1, "the failed one has none");
    cr_expect_eq(metrics.rows[0].spans[CS_METRIC_TCP].sum_ns, 2000000);
    cr_expect_eq(metrics.rows[0].spans[CS_METRIC_TCP].buckets[4], 1, "2 ms are below 2.5 ms");
    cr_expect_eq(metrics.rows[0].spans[CS_METRIC_TOTAL].count, 1);
}

/* Of a request that led to it, neither the look-up nor the response is connecting. */
Test(metrics, connecting_is_neither_looking_up_nor_the_request)
{
    struct connspan_entry entry = sample_plain();
    struct cs_metric_row *row = &metrics.rows[0];

    entry.start_time = entry.domain_lookup_start = 90000000;
    entry.duration = 5000000000;
    cs_metrics_entry(&metrics, &entry);
    cr_expect_eq(row->spans[CS_METRIC_TOTAL].sum_ns, entry.connect_end - entry.connect_start);
}

Test(metrics, a_connection_is_counted_once)
{
    struct connspan_entry first = sample_plain(), late = sample_tls(), again = sample_plain();
    struct cs_metric_row *row = &metrics.rows[0];

    late.process.comm = again.process.comm = first.process.comm;
    late.connection.late = true;
    again.connection.reused = true;
    again.phases.connect_start = again.phases.tcp_established = CONNSPAN_UNKNOWN;
    cs_metrics_entry(&metrics, &first);
    cs_metrics_entry(&metrics, &late);
    cs_metrics_entry(&metrics, &again);
    cr_expect_eq(row->outcomes[CONNSPAN_CONNECTED], 1);
    cr_expect_eq(row->spans[CS_METRIC_TCP].count, 1);
    cr_expect_eq(row->spans[CS_METRIC_TLS].count, 1, "the late handshake");
    cr_expect_eq(row->spans[CS_METRIC_TOTAL].count, 1);
    again.connection.outcome = CONNSPAN_FAILED;
    cs_metrics_entry(&metrics, &again);
    cr_expect_eq(row->outcomes[CONNSPAN_FAILED], 1, "nobody else tells");
}

/* "le" is less or equal. */
Test(metrics, a_bound_belongs_to_its_bucket)
{
    struct connspan_entry entry = sample_plain();

    entry.phases.tcp_established = entry.phases.connect_start + cs_metric_bounds_ns[4];
    cs_metrics_entry(&metrics, &entry);
    cr_expect_eq(metrics.rows[0].spans[CS_METRIC_TCP].buckets[4], 1);
}

Test(metrics, leaves_out_the_losers_of_a_race)
{
    struct connspan_entry entry = sample_plain();

    entry.connection.outcome = CONNSPAN_ABANDONED;
    cs_metrics_entry(&metrics, &entry);
    cr_expect_eq(metrics.count, 0);
}

Test(metrics, escapes_what_a_process_calls_itself)
{
    struct connspan_entry entry = sample_plain();
    struct cs_sink sink = {.version = "0.1.0"};
    struct cs_buf out = {0};

    entry.process.comm = "a\"\\\n\xff";
    cr_assert_eq(cs_prometheus.open(&sink), 0);
    cs_prometheus.entry(&sink, &out, &entry);
    cr_expect_eq(out.length, 0, "nothing before it is asked");
    cs_prometheus.snapshot(&sink, &out);
    cs_buf_add(&out, "", 1);
    cr_expect_not_null(strstr(out.data, "{comm=\"a\\\"\\\\\\n\xef\xbf\xbd\",role=\"client\""), "%s",
                       out.data);
    cr_expect_not_null(strstr(out.data, "_bucket{comm=\"a\\\"\\\\\\n\xef\xbf\xbd\",role=\"client\","
                                        "le=\"0.0025\"} 1\n"));
    cr_expect_not_null(strstr(out.data, "le=\"0.001\"} 0\n"));
    cr_expect_not_null(strstr(out.data, "le=\"0.005\"} 1\n"), "buckets are cumulative");
    cr_expect_not_null(strstr(out.data, "le=\"+Inf\"} 1\n"));
    cs_prometheus.close(&sink);
    cs_buf_free(&out);
}
