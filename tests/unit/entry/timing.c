/* SPDX-License-Identifier: MIT */
/* Which mark is where, for every way a connection can go. */
#include "user/entry/timing.h"

#include <criterion/criterion.h>

#include "tests/harness/events.h"

#define ORIGIN  S
#define REL(at) ((at)-ORIGIN)
#define UNKNOWN CONNSPAN_UNKNOWN

#define TLS_START (EV_ESTABLISHED + 2 * MS)
#define TLS_END   (EV_ESTABLISHED + 30 * MS)

static struct cs_record plain(void)
{
    return (struct cs_record){
        .facts = ev_facts(),
        .outcome = CONNSPAN_CONNECTED,
        .done_ns = EV_ESTABLISHED + S,
    };
}

static struct cs_record tls(void)
{
    struct cs_record record = plain();

    record.tls.present = true;
    record.tls.start_ns = TLS_START;
    record.tls.end_ns = TLS_END;
    record.done_ns = TLS_END;
    return record;
}

static struct connspan_entry filled(const struct cs_record *record)
{
    struct connspan_entry entry = {0};

    cs_timing_fill(record, ORIGIN, &entry);
    return entry;
}

static void expect_start(const struct connspan_entry *entry, uint64_t start)
{
    cr_expect_eq(entry->start_time, start);
    cr_expect_eq(entry->fetch_start, start);
    cr_expect_eq(entry->domain_lookup_start, start);
    cr_expect_eq(entry->domain_lookup_end, start);
    cr_expect_eq(entry->connect_start, start);
}

static void expect_standard_zeroes(const struct connspan_entry *entry)
{
    cr_expect_eq(entry->domain_lookup_start, 0);
    cr_expect_eq(entry->domain_lookup_end, 0);
    cr_expect_eq(entry->connect_start, 0);
    cr_expect_eq(entry->connect_end, 0);
    cr_expect_eq(entry->secure_connection_start, 0);
}

Test(timing, plain)
{
    struct cs_record record = plain();
    struct connspan_entry entry = filled(&record);

    expect_start(&entry, REL(EV_START));
    cr_expect_eq(entry.secure_connection_start, 0);
    cr_expect_eq(entry.connect_end, REL(EV_ESTABLISHED));
    cr_expect_eq(entry.response_end, REL(EV_ESTABLISHED));
    cr_expect_eq(entry.duration, EV_ESTABLISHED - EV_START);
    cr_expect_eq(entry.request_start, 0);
    cr_expect_eq(entry.response_start, 0);
    cr_expect_eq(entry.first_interim_response_start, 0);
    cr_expect_eq(entry.final_response_headers_start, 0);
    cr_expect_eq(entry.phases.connect_start, REL(EV_START));
    cr_expect_eq(entry.phases.tcp_established, REL(EV_ESTABLISHED));
    cr_expect_eq(entry.phases.tls_start, UNKNOWN);
    cr_expect_eq(entry.phases.tls_end, UNKNOWN);
    cr_expect_eq(entry.phases.failed, UNKNOWN);
    cr_expect_eq(entry.phases.domain_lookup_start, UNKNOWN);
    cr_expect_eq(entry.phases.domain_lookup_end, UNKNOWN);
    cr_expect(cs_timing_in_order(&record, &entry));
}

Test(timing, tls)
{
    struct cs_record record = tls();
    struct connspan_entry entry = filled(&record);

    expect_start(&entry, REL(EV_START));
    cr_expect_eq(entry.secure_connection_start, REL(TLS_START));
    cr_expect_eq(entry.connect_end, REL(TLS_END));
    cr_expect_eq(entry.response_end, REL(TLS_END));
    cr_expect_eq(entry.duration, TLS_END - EV_START);
    cr_expect_eq(entry.phases.tls_start, REL(TLS_START));
    cr_expect_eq(entry.phases.tls_end, REL(TLS_END));
    cr_expect(cs_timing_in_order(&record, &entry));
}

Test(timing, fast_open_is_connected_with_the_syn)
{
    struct cs_record record = plain();
    struct connspan_entry entry;

    record.facts.flags = CS_CONN_TFO;
    entry = filled(&record);
    cr_expect_eq(entry.connect_end, REL(EV_SYN_SENT));
    cr_expect_eq(entry.phases.tcp_established, REL(EV_ESTABLISHED));
    record.facts.syn_sent_ns = 0;
    entry = filled(&record);
    cr_expect_eq(entry.connect_end, REL(EV_ESTABLISHED));
}

Test(timing, fast_open_with_tls_may_secure_before_it_is_established)
{
    struct cs_record record = tls();
    struct connspan_entry entry;

    record.facts.flags = CS_CONN_TFO;
    record.tls.start_ns = EV_SYN_SENT + US;
    entry = filled(&record);
    cr_expect_eq(entry.connect_end, REL(TLS_END));
    cr_expect(cs_timing_in_order(&record, &entry));
    record.facts.flags = 0;
    cr_expect_not(cs_timing_in_order(&record, &entry));
}

Test(timing, a_failure_keeps_start_and_end)
{
    struct cs_record record = plain();
    struct connspan_entry entry;

    record.outcome = CONNSPAN_FAILED;
    record.facts.established_ns = 0;
    record.done_ns = record.failed_ns = EV_START + 5 * MS;
    entry = filled(&record);
    cr_expect_eq(entry.start_time, REL(EV_START));
    cr_expect_eq(entry.fetch_start, REL(EV_START));
    expect_standard_zeroes(&entry);
    cr_expect_eq(entry.response_end, REL(EV_START + 5 * MS));
    cr_expect_eq(entry.duration, 5 * MS);
    cr_expect_eq(entry.phases.connect_start, REL(EV_START));
    cr_expect_eq(entry.phases.tcp_established, UNKNOWN);
    cr_expect_eq(entry.phases.failed, REL(EV_START + 5 * MS));
    cr_expect(cs_timing_in_order(&record, &entry));
}

Test(timing, a_broken_handshake_has_its_truth_in_phases)
{
    struct cs_record record = tls();
    struct connspan_entry entry;

    record.outcome = CONNSPAN_ABORTED;
    record.tls.end_ns = 0;
    record.done_ns = record.failed_ns = TLS_END;
    entry = filled(&record);
    expect_standard_zeroes(&entry);
    cr_expect_eq(entry.response_end, REL(TLS_END));
    cr_expect_eq(entry.phases.tcp_established, REL(EV_ESTABLISHED));
    cr_expect_eq(entry.phases.tls_start, REL(TLS_START));
    cr_expect_eq(entry.phases.tls_end, UNKNOWN);
    cr_expect_eq(entry.phases.failed, REL(TLS_END));
}

Test(timing, unfinished_ends_when_the_tracer_stopped)
{
    struct cs_record record = tls();
    struct connspan_entry entry;

    record.outcome = CONNSPAN_UNFINISHED;
    record.tls.end_ns = 0;
    entry = filled(&record);
    expect_standard_zeroes(&entry);
    cr_expect_eq(entry.start_time, REL(EV_START));
    cr_expect_eq(entry.response_end, REL(TLS_END));
    cr_expect_eq(entry.phases.failed, UNKNOWN);
}

Test(timing, an_unknown_end_is_not_zero)
{
    struct cs_record record = tls();
    struct connspan_entry entry;

    record.tls.end_ns = 0;
    record.capture_limit = true;
    entry = filled(&record);
    cr_expect_eq(entry.connect_end, UNKNOWN);
    cr_expect_eq(entry.response_end, REL(TLS_END));
    cr_expect_eq(entry.secure_connection_start, REL(TLS_START));
    cr_expect_eq(entry.phases.tls_end, UNKNOWN);
    cr_expect(cs_timing_in_order(&record, &entry));
}

Test(timing, late_tls_starts_with_its_handshake)
{
    struct cs_record record = tls();
    struct connspan_entry entry;

    record.late = true;
    entry = filled(&record);
    cr_expect_eq(cs_timing_start_ns(&record), TLS_START);
    cr_expect_eq(entry.start_time, REL(TLS_START));
    cr_expect_eq(entry.fetch_start, REL(TLS_START));
    cr_expect_eq(entry.domain_lookup_start, 0);
    cr_expect_eq(entry.domain_lookup_end, 0);
    cr_expect_eq(entry.connect_start, 0);
    cr_expect_eq(entry.secure_connection_start, REL(TLS_START));
    cr_expect_eq(entry.connect_end, REL(TLS_END));
    cr_expect_eq(entry.duration, TLS_END - TLS_START);
    cr_expect_eq(entry.phases.connect_start, REL(EV_START));
    cr_expect_eq(entry.phases.tcp_established, REL(EV_ESTABLISHED));
    cr_expect(cs_timing_in_order(&record, &entry));
}

Test(timing, preexisting_knows_no_connect)
{
    struct cs_record record = tls();
    struct connspan_entry entry;

    record.facts.flags = CS_CONN_PREEXISTING;
    record.facts.start_ns = record.facts.established_ns = 0;
    entry = filled(&record);
    cr_expect_eq(entry.start_time, REL(TLS_START));
    cr_expect_eq(entry.connect_start, 0);
    cr_expect_eq(entry.secure_connection_start, REL(TLS_START));
    cr_expect_eq(entry.connect_end, REL(TLS_END));
    cr_expect_eq(entry.phases.connect_start, UNKNOWN);
    cr_expect_eq(entry.phases.tcp_established, UNKNOWN);
    cr_expect(cs_timing_in_order(&record, &entry));
}

Test(timing, disorder_is_seen_and_not_repaired)
{
    struct cs_record record = tls();
    struct connspan_entry entry;

    record.tls.end_ns = TLS_START - 1;
    entry = filled(&record);
    cr_expect_eq(entry.connect_end, REL(TLS_START - 1));
    cr_expect_not(cs_timing_in_order(&record, &entry));

    record = plain();
    record.facts.established_ns = EV_START - 1;
    entry = filled(&record);
    cr_expect_eq(entry.duration, 0);
    cr_expect_not(cs_timing_in_order(&record, &entry));

    record = plain();
    record.outcome = CONNSPAN_FAILED;
    record.done_ns = record.failed_ns = EV_ESTABLISHED - 1;
    entry = filled(&record);
    cr_expect_not(cs_timing_in_order(&record, &entry));
}

Test(timing, a_uprobe_or_a_server_may_be_early)
{
    struct cs_record record = tls();
    struct connspan_entry entry;

    record.tls.start_ns = EV_ESTABLISHED - MS;
    entry = filled(&record);
    cr_expect_not(cs_timing_in_order(&record, &entry));
    record.tls.start_by_uprobe = true;
    cr_expect(cs_timing_in_order(&record, &entry));
    record.tls.start_by_uprobe = false;
    record.facts.role = CS_ROLE_SERVER;
    cr_expect(cs_timing_in_order(&record, &entry));
}

Test(timing, before_the_origin_is_unknown)
{
    struct cs_record record = plain();
    struct connspan_entry entry;

    record.facts.start_ns = ORIGIN - 1;
    entry = filled(&record);
    cr_expect_eq(entry.start_time, UNKNOWN);
    cr_expect_eq(entry.duration, UNKNOWN);
}

Test(timing, a_lookup_comes_first)
{
    struct cs_record record = tls();
    struct connspan_entry entry;

    record.lookup = (struct cs_lookup_record){"shop.example", EV_START - 9 * MS, EV_START - MS};
    entry = filled(&record);
    cr_expect_eq(entry.start_time, REL(EV_START - 9 * MS));
    cr_expect_eq(entry.fetch_start, entry.start_time);
    cr_expect_eq(entry.domain_lookup_start, entry.start_time);
    cr_expect_eq(entry.domain_lookup_end, REL(EV_START - MS));
    cr_expect_eq(entry.connect_start, REL(EV_START));
    cr_expect_eq(entry.duration, REL(TLS_END) - entry.start_time);
    cr_expect_eq(entry.phases.domain_lookup_start, entry.domain_lookup_start);
    cr_expect_eq(entry.phases.domain_lookup_end, entry.domain_lookup_end);
    cr_expect(cs_timing_in_order(&record, &entry));
    record.lookup.end_ns = EV_START + 1;
    entry = filled(&record);
    cr_expect_not(cs_timing_in_order(&record, &entry));
}

Test(timing, a_lookup_that_failed)
{
    struct cs_record record = {
        .outcome = CONNSPAN_FAILED,
        .done_ns = EV_START,
        .failed_ns = EV_START,
        .error_phase = "dns",
        .error_code = "NXDOMAIN",
        .lookup = {"no.example", EV_START - 9 * MS, EV_START},
    };
    struct connspan_entry entry = filled(&record);

    expect_standard_zeroes(&entry);
    cr_expect_eq(entry.start_time, REL(EV_START - 9 * MS));
    cr_expect_eq(entry.response_end, REL(EV_START));
    cr_expect_eq(entry.phases.domain_lookup_start, entry.start_time);
    cr_expect_eq(entry.phases.domain_lookup_end, REL(EV_START));
    cr_expect_eq(entry.phases.connect_start, UNKNOWN);
    cr_expect_eq(entry.phases.failed, REL(EV_START));
    cr_expect(cs_timing_in_order(&record, &entry));
    record.error_code = "timeout";
    entry = filled(&record);
    cr_expect_eq(entry.phases.domain_lookup_start, entry.start_time);
    cr_expect_eq(entry.phases.domain_lookup_end, UNKNOWN, "nobody answered");
    record.outcome = CONNSPAN_UNFINISHED;
    record.error_phase = record.error_code = NULL;
    record.failed_ns = 0;
    entry = filled(&record);
    cr_expect_eq(entry.phases.domain_lookup_end, UNKNOWN, "the tracer stopped");
}

Test(timing, what_a_lookup_began_failed_to_connect)
{
    struct cs_record record = plain();
    struct connspan_entry entry;

    record.outcome = CONNSPAN_FAILED;
    record.lookup = (struct cs_lookup_record){"shop.example", EV_START - 9 * MS, EV_START - MS};
    entry = filled(&record);
    cr_expect_eq(entry.start_time, REL(EV_START - 9 * MS));
    cr_expect_eq(entry.phases.domain_lookup_start, entry.start_time);
    cr_expect_eq(entry.phases.domain_lookup_end, REL(EV_START - MS));
    cr_expect_eq(entry.phases.connect_start, REL(EV_START));
    expect_standard_zeroes(&entry);
}
