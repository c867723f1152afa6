/* SPDX-License-Identifier: MIT */
/* The corrected formulas of docs/report.md: TCP ends where TLS may begin, TLS at connectEnd. */
#include "user/report/measure.h"

#include <connspan/report.h>
#include <string.h>

const char *const cs_span_names[CS_SPAN_COUNT] = {"dns", "tcp", "tls", "total"};

static uint64_t between(uint64_t start, uint64_t end)
{
    if (start == CONNSPAN_UNKNOWN || end == CONNSPAN_UNKNOWN || end < start)
        return CONNSPAN_UNKNOWN;
    return end - start;
}

static bool is(const char *text, const char *word)
{
    return text && !strcmp(text, word);
}

bool cs_measure_take(struct cs_measure *measure, const struct cs_line *line)
{
    const struct connspan_phases *phases = &line->phases;
    bool connected = is(line->outcome, "connected");

    *measure = (struct cs_measure){
        .unix_ns = line->timestamp ? connspan_timestamp_parse(line->timestamp) : 0,
        .duration_ns = line->duration == CONNSPAN_UNKNOWN ? 0 : line->duration,
        .connection = !line->late && !line->reused,
        .failed = is(line->outcome, "failed") || is(line->outcome, "aborted"),
        .abandoned = is(line->outcome, "abandoned"),
        .spans_ns = {CONNSPAN_UNKNOWN, CONNSPAN_UNKNOWN, CONNSPAN_UNKNOWN, CONNSPAN_UNKNOWN},
    };
    if (!line->reused)
        measure->spans_ns[CS_SPAN_TLS] = between(phases->tls_start, phases->tls_end);
    if (measure->connection) {
        measure->spans_ns[CS_SPAN_TCP] = between(phases->connect_start, phases->tcp_established);
        measure->spans_ns[CS_SPAN_DNS] =
            between(phases->domain_lookup_start, phases->domain_lookup_end);
        if (connected && phases->connect_start != CONNSPAN_UNKNOWN)
            measure->spans_ns[CS_SPAN_TOTAL] = between(line->start_time, line->connect_end);
    }
    if (measure->spans_ns[CS_SPAN_TOTAL] != CONNSPAN_UNKNOWN)
        measure->duration_ns = measure->spans_ns[CS_SPAN_TOTAL];
    return measure->unix_ns && line->name;
}
