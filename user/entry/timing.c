/* SPDX-License-Identifier: MIT */
/*
 * The W3C attributes follow the standard, zeroes included; `phases` holds the truth in every case.
 */
#include "user/entry/timing.h"

#include <string.h>

/* TLS on a connection that was open before: its entry begins with the handshake. */
static bool is_mid_stream(const struct cs_record *record)
{
    return record->tls.present && (record->late || (record->facts.flags & CS_CONN_PREEXISTING));
}

uint64_t cs_timing_start_ns(const struct cs_record *record)
{
    if (record->reused)
        return record->request->request_start_ns;
    if (is_mid_stream(record))
        return record->tls.start_ns;
    return record->lookup.start_ns ? record->lookup.start_ns : record->facts.start_ns;
}

static uint64_t since(uint64_t origin_ns, uint64_t at_ns)
{
    return at_ns && at_ns >= origin_ns ? at_ns - origin_ns : CONNSPAN_UNKNOWN;
}

/* With TCP Fast Open the program may send from the SYN on, so that is when it is connected. */
static uint64_t connect_end_ns(const struct cs_record *record)
{
    const struct cs_facts *facts = &record->facts;

    if (record->tls.present)
        return record->tls.end_ns;
    /* The way through the proxy is part of connecting, unless none was asked for (BIND). */
    if (record->tunnel && (record->tunnel->opened_ns || record->tunnel->state != CS_PREAMBLE_PLAIN))
        return record->tunnel->opened_ns;
    return (facts->flags & CS_CONN_TFO) && facts->syn_sent_ns ? facts->syn_sent_ns
                                                              : facts->established_ns;
}

/* That there is no such name is an answer, too; a timeout is none. */
static uint64_t lookup_end_ns(const struct cs_record *record)
{
    bool led_to_address = record->facts.start_ns;
    bool is_refused = record->outcome == CONNSPAN_FAILED && record->error_code &&
                      strcmp(record->error_code, "timeout") != 0;

    return led_to_address || is_refused ? record->lookup.end_ns : 0;
}

static void fill_phases(const struct cs_record *record, uint64_t origin_ns,
                        struct connspan_phases *phases)
{
    const struct cs_facts *facts = &record->facts;
    bool preexisting = facts->flags & CS_CONN_PREEXISTING;

    *phases = (struct connspan_phases){CONNSPAN_UNKNOWN,
                                       CONNSPAN_UNKNOWN,
                                       CONNSPAN_UNKNOWN,
                                       CONNSPAN_UNKNOWN,
                                       since(origin_ns, record->failed_ns),
                                       CONNSPAN_UNKNOWN,
                                       CONNSPAN_UNKNOWN};
    if (record
            ->reused) /* they were the first request's: who adds them up must not find them twice */
        return;
    phases->domain_lookup_start = since(origin_ns, record->lookup.start_ns);
    phases->domain_lookup_end = since(origin_ns, lookup_end_ns(record));
    phases->connect_start = preexisting ? CONNSPAN_UNKNOWN : since(origin_ns, facts->start_ns);
    phases->tcp_established =
        preexisting ? CONNSPAN_UNKNOWN : since(origin_ns, facts->established_ns);
    phases->tls_start = since(origin_ns, record->tls.start_ns);
    phases->tls_end = since(origin_ns, record->tls.end_ns);
}

/* The fresh connection of Fetch's "record connection timing info". */
static void fill_connected(const struct cs_record *record, uint64_t origin_ns,
                           struct connspan_entry *out)
{
    if (!is_mid_stream(record)) {
        out->domain_lookup_start = out->start_time; /* without a lookup, both are fetchStart */
        out->domain_lookup_end =
            record->lookup.end_ns ? since(origin_ns, record->lookup.end_ns) : out->start_time;
        out->connect_start = since(origin_ns, record->facts.start_ns);
    }
    if (record->tls.present)
        out->secure_connection_start = since(origin_ns, record->tls.start_ns);
    out->connect_end = since(origin_ns, connect_end_ns(record));
    if (out->connect_end != CONNSPAN_UNKNOWN)
        out->response_end = out->connect_end;
}

/* The reuse rule: all that belongs to the connection happened before the fetch began. */
static void fill_reused(const struct cs_record *record, struct connspan_entry *out)
{
    out->domain_lookup_start = out->domain_lookup_end = out->fetch_start;
    out->connect_start = out->connect_end = out->fetch_start;
    if (record->tls.present)
        out->secure_connection_start = out->fetch_start;
}

static uint64_t unless_zero(uint64_t origin_ns, uint64_t at_ns)
{
    return at_ns ? since(origin_ns, at_ns) : 0;
}

/* The call that makes the connection may return after the request was written. */
static void fill_request(const struct cs_http_exchange *request, uint64_t origin_ns,
                         struct connspan_entry *out)
{
    out->request_start = since(origin_ns, request->request_start_ns);
    if (out->connect_end != CONNSPAN_UNKNOWN && out->connect_end > out->request_start)
        out->connect_end = out->request_start;
    out->first_interim_response_start = unless_zero(origin_ns, request->interim_ns);
    out->final_response_headers_start = unless_zero(origin_ns, request->headers_ns);
    out->response_start = out->first_interim_response_start ? out->first_interim_response_start
                                                            : out->final_response_headers_start;
}

static uint64_t span(uint64_t from, uint64_t to)
{
    if (from == CONNSPAN_UNKNOWN || to == CONNSPAN_UNKNOWN)
        return CONNSPAN_UNKNOWN;
    return to > from ? to - from : 0;
}

/* A failure keeps start and end only; one in the middle of a response keeps what it had. */
bool cs_timing_has_marks(const struct cs_record *record)
{
    return record->outcome == CONNSPAN_CONNECTED ||
           (record->request && record->request->headers_ns);
}

void cs_timing_fill(const struct cs_record *record, uint64_t origin_ns, struct connspan_entry *out)
{
    fill_phases(record, origin_ns, &out->phases);
    out->start_time = since(origin_ns, cs_timing_start_ns(record));
    out->fetch_start = out->start_time;
    out->response_end = since(origin_ns, record->done_ns);
    if (cs_timing_has_marks(record)) {
        if (record->reused)
            fill_reused(record, out);
        else
            fill_connected(record, origin_ns, out);
        if (record->request)
            fill_request(record->request, origin_ns, out);
    }
    if (record->request)
        out->response_end = since(origin_ns, record->done_ns);
    out->duration = span(out->start_time, out->response_end);
    out->connection.race_start =
        record->race_start_ns ? since(origin_ns, record->race_start_ns) : CONNSPAN_UNKNOWN;
}

static bool ascends(const uint64_t *marks, size_t count)
{
    uint64_t reached = 0;

    for (size_t i = 0; i < count; i++) {
        if (marks[i] == CONNSPAN_UNKNOWN || !marks[i])
            continue;
        if (marks[i] < reached)
            return false;
        reached = marks[i];
    }
    return true;
}

/* A client's ClientHello leaves after ESTABLISHED, except in a SYN. A uprobe may begin before (the
 * program connects from inside the handshake), and a server's packet passes the cgroup hook before
 * its socket is ESTABLISHED. */
static bool tls_follows_tcp(const struct cs_record *record)
{
    return !record->tls.start_by_uprobe && record->facts.role == CS_ROLE_CLIENT &&
           !(record->facts.flags & CS_CONN_TFO);
}

bool cs_timing_in_order(const struct cs_record *record, const struct connspan_entry *entry)
{
    const struct connspan_phases *phases = &entry->phases;
    const uint64_t standard[] = {
        entry->start_time,
        entry->fetch_start,
        entry->domain_lookup_start,
        entry->domain_lookup_end,
        entry->connect_start,
        entry->secure_connection_start,
        entry->connect_end,
        entry->request_start,
        entry->first_interim_response_start,
        entry->final_response_headers_start,
        entry->response_end,
    };
    const uint64_t tcp[] = {phases->domain_lookup_start, phases->domain_lookup_end,
                            phases->connect_start, phases->tcp_established, phases->failed};
    const uint64_t tls[] = {phases->connect_start, phases->tls_start, phases->tls_end,
                            phases->failed};
    const uint64_t both[] = {phases->tcp_established, phases->tls_start};

    return ascends(standard, sizeof(standard) / sizeof(standard[0])) && ascends(tcp, 5) &&
           ascends(tls, 4) && (!tls_follows_tcp(record) || ascends(both, 2));
}
