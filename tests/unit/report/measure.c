/* SPDX-License-Identifier: MIT */
/* Which phases count, and which entries are connections. */
#include "user/report/measure.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/unit/report/lines.h"

static struct cs_measure take(const char *text)
{
    struct cs_line_reader *reader = cs_line_reader_new();
    struct cs_measure measure;
    bool taken = cs_measure_take(&measure, cs_line_reader_next(reader, text, strlen(text) - 1));

    cr_assert(taken);
    cs_line_reader_free(reader);
    return measure;
}

Test(measure, tls)
{
    struct cs_measure measure = take(LINE(.tcp_ms = 2, .tls_ms = 3));

    cr_expect_eq(measure.spans_ns[CS_SPAN_DNS], CONNSPAN_UNKNOWN);
    cr_expect_eq(measure.spans_ns[CS_SPAN_TCP], 2000000);
    cr_expect_eq(measure.spans_ns[CS_SPAN_TLS], 3000000);
    cr_expect_eq(measure.spans_ns[CS_SPAN_TOTAL], 6000000);
    cr_expect(measure.connection && !measure.failed);
    cr_expect_eq(measure.unix_ns, 1795262400000000000ull);
}

/* The phase that was completed counts, the one that failed does not. */
Test(measure, failed)
{
    struct cs_measure measure = take(LINE(.tcp_ms = 2, .outcome = "failed"));

    cr_expect_eq(measure.spans_ns[CS_SPAN_TCP], 2000000);
    cr_expect_eq(measure.spans_ns[CS_SPAN_TOTAL], CONNSPAN_UNKNOWN);
    cr_expect(measure.failed);
    cr_expect(take(LINE(.outcome = "aborted")).failed);
    cr_expect_not(take(LINE(.outcome = "unfinished")).failed);
    cr_expect(take(LINE(.outcome = "abandoned")).abandoned);
}

/* More of a connection that has been counted already. */
Test(measure, late_and_reused)
{
    struct cs_measure late = take(LINE(.tcp_ms = 2, .tls_ms = 3, .more = ",\"late\":true"));
    struct cs_measure reused = take(LINE(.tcp_ms = 2, .tls_ms = 3, .more = ",\"reused\":true"));

    cr_expect_not(late.connection);
    cr_expect_eq(late.spans_ns[CS_SPAN_TLS], 3000000);
    cr_expect_eq(late.spans_ns[CS_SPAN_TCP], CONNSPAN_UNKNOWN, "counted with the first entry");
    cr_expect_eq(late.spans_ns[CS_SPAN_TOTAL], CONNSPAN_UNKNOWN);
    cr_expect_not(reused.connection);
    cr_expect_eq(reused.spans_ns[CS_SPAN_TCP], CONNSPAN_UNKNOWN);
}

/* A lookup that failed took its time, too. */
Test(measure, dns)
{
    struct cs_line line = {
        .name = "x",
        .timestamp = "2026-11-21T12:00:00Z",
        .outcome = "connected",
        .start_time = 1000000,
        .connect_end = 9000000,
        .phases = {.domain_lookup_start = 1000000,
                   .domain_lookup_end = 4000000,
                   .connect_start = 5000000,
                   .tcp_established = 9000000},
    };
    struct cs_measure measure;

    cr_assert(cs_measure_take(&measure, &line));
    cr_expect_eq(measure.spans_ns[CS_SPAN_DNS], 3000000);
    cr_expect_eq(measure.spans_ns[CS_SPAN_TCP], 4000000);
    cr_expect_eq(measure.spans_ns[CS_SPAN_TOTAL], 8000000);
    line.outcome = "failed";
    line.error_phase = "dns";
    line.error_code = "NXDOMAIN";
    cr_assert(cs_measure_take(&measure, &line));
    cr_expect_eq(measure.spans_ns[CS_SPAN_DNS], 3000000);
}

Test(measure, no_time)
{
    struct cs_line line = {.name = "x", .timestamp = "yesterday"};
    struct cs_measure measure;

    cr_expect_not(cs_measure_take(&measure, &line));
}
