/* SPDX-License-Identifier: MIT */
/* The durations that people ask for, taken from an entry's marks: the same in every format. */
#pragma once

#include <connspan/entry.h>

/* From one mark to another; CONNSPAN_UNKNOWN where one of them is not known or their order odd. */
static inline uint64_t cs_span_ns(uint64_t start_ns, uint64_t end_ns)
{
    bool known = start_ns != CONNSPAN_UNKNOWN && end_ns != CONNSPAN_UNKNOWN && end_ns >= start_ns;

    return known ? end_ns - start_ns : CONNSPAN_UNKNOWN;
}

static inline uint64_t cs_span_dns_ns(const struct connspan_entry *entry)
{
    return cs_span_ns(entry->phases.domain_lookup_start, entry->phases.domain_lookup_end);
}

/* When TCP began; unknown of a late entry, since the connection's first entry has told it: who adds
 * durations up must not find it twice. */
static inline uint64_t cs_span_tcp_start_ns(const struct connspan_entry *entry)
{
    return entry->connection.late ? CONNSPAN_UNKNOWN : entry->phases.connect_start;
}

static inline uint64_t cs_span_tcp_ns(const struct connspan_entry *entry)
{
    return cs_span_ns(cs_span_tcp_start_ns(entry), entry->phases.tcp_established);
}

static inline uint64_t cs_span_tls_ns(const struct connspan_entry *entry)
{
    return cs_span_ns(entry->phases.tls_start, entry->phases.tls_end);
}
