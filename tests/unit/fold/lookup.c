/* SPDX-License-Identifier: MIT */
/* Which lookup a connection has, its marks and its name; lookups that fail and lead to none. */
#include "user/fold/fold.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <string.h>

#include "tests/harness/capture.h"
#include "tests/harness/dns_build.h"

/* The client of ev_facts() calls connect() at EV_START. */
#define ASKED    (EV_START - 30 * MS)
#define ANSWERED (EV_START - 10 * MS)

static struct capture run;

static void open_run(void)
{
    capture_open(&run, 0);
}

static void close_run(void)
{
    capture_close(&run);
}

TestSuite(lookup, .init = open_run, .fini = close_run);

static void look_up(uint64_t asked_ns, uint64_t answered_ns, const char *name, const char *address)
{
    GIVE(&run, ev_query(asked_ns, dns_query(1, CS_DNS_A, name)));
    GIVE(&run, ev_answer(answered_ns, dns_address(1, CS_DNS_A, name, address)));
}

static const struct cs_lookup_record *connect_with(struct cs_event_connection event)
{
    event.event.conn_id = run.count + 1;
    GIVE(&run, event);
    return &run.records[run.count - 1].lookup;
}

static struct cs_event_connection after(uint64_t ns)
{
    struct cs_event_connection event = ev_connection(1, EV_START + ns + S, CS_REASON_PAYLOAD);

    event.facts.start_ns += ns;
    event.facts.syn_sent_ns += ns;
    event.facts.established_ns += ns;
    return event;
}

static void expect_marks(const struct cs_lookup_record *lookup, uint64_t start_ns, uint64_t end_ns)
{
    cr_expect_eq(lookup->start_ns, start_ns);
    cr_expect_eq(lookup->end_ns, end_ns);
}

Test(lookup, gives_name_and_marks)
{
    const struct cs_lookup_record *lookup;

    look_up(ASKED, ANSWERED, "shop.example", "192.0.2.1");
    lookup = connect_with(after(0));
    cr_expect_str_eq(run.texts[0][CAPTURE_LOOKUP], "shop.example");
    expect_marks(lookup, ASKED, ANSWERED);
}

Test(lookup, a_v4_mapped_peer_is_the_same)
{
    struct cs_event_connection event = after(0);

    event.facts.family = AF_INET6;
    memset(event.facts.remote_address, 0, 16);
    inet_pton(AF_INET6, "::ffff:192.0.2.1", event.facts.remote_address);
    look_up(ASKED, ANSWERED, "shop.example", "192.0.2.1");
    expect_marks(connect_with(event), ASKED, ANSWERED);
}

Test(lookup, only_of_that_process_that_address_and_that_time)
{
    struct cs_event_connection other = after(0), elsewhere = after(0), server = after(0);

    other.facts.process.tgid++;
    elsewhere.facts.remote_address[3]++;
    server.facts.role = CS_ROLE_SERVER;
    look_up(ASKED, ANSWERED, "shop.example", "192.0.2.1");
    look_up(EV_START - MS, EV_START + MS, "late.example", "192.0.2.1");
    cr_expect_null(connect_with(other)->name);
    cr_expect_null(connect_with(elsewhere)->name);
    cr_expect_null(connect_with(server)->name);
    connect_with(after(0));
    cr_expect_str_eq(run.texts[3][CAPTURE_LOOKUP], "shop.example");
}

Test(lookup, none_for_the_connection_to_a_name_server)
{
    struct cs_event_connection event = after(0);

    event.facts.remote_port = 53;
    look_up(ASKED, ANSWERED, "shop.example", "192.0.2.1");
    expect_marks(connect_with(event), 0, 0);
    cr_expect_str_eq(run.texts[0][CAPTURE_LOOKUP], "");
    expect_marks(connect_with(after(MS)), ASKED, ANSWERED);
}

Test(lookup, the_newest_of_several_names)
{
    look_up(ASKED - S, ANSWERED - S, "old.example", "192.0.2.1");
    look_up(ASKED, ANSWERED, "new.example", "192.0.2.1");
    expect_marks(connect_with(after(0)), ASKED, ANSWERED);
    cr_expect_str_eq(run.texts[0][CAPTURE_LOOKUP], "new.example");
}

Test(lookup, later_connections_have_the_name_alone)
{
    look_up(ASKED, ANSWERED, "shop.example", "192.0.2.1");
    connect_with(after(0));
    expect_marks(connect_with(after(S)), 0, 0);
    cr_expect_str_eq(run.texts[1][CAPTURE_LOOKUP], "shop.example");
}

Test(lookup, a_new_lookup_gives_new_marks)
{
    look_up(ASKED, ANSWERED, "shop.example", "192.0.2.1");
    connect_with(after(0));
    look_up(EV_START + S, EV_START + S + MS, "shop.example", "192.0.2.1");
    expect_marks(connect_with(after(2 * S)), EV_START + S, EV_START + S + MS);
}

Test(lookup, the_next_address_has_marks_while_none_is_connected)
{
    struct dns_bytes both = dns_address(1, CS_DNS_A, "shop.example", "192.0.2.1");
    struct cs_event_connection refused = ev_failure(1, EV_START + MS, CS_CAUSE_KERNEL, 111);
    struct cs_event_connection next = after(2 * MS), later = after(S);

    dns_add_address(&both, "shop.example", "192.0.2.2");
    next.facts.remote_address[3] = 2;
    later.facts.remote_address[3] = 1;
    GIVE(&run, ev_query(ASKED, dns_query(1, CS_DNS_A, "shop.example")));
    GIVE(&run, ev_answer(ANSWERED, both));
    expect_marks(connect_with(refused), ASKED, ANSWERED);
    expect_marks(connect_with(next), ASKED, ANSWERED);
    expect_marks(connect_with(later), 0, 0);
}

Test(lookup, marks_of_a_minute_ago_are_not_its_own)
{
    look_up(ASKED, ANSWERED, "shop.example", "192.0.2.1");
    expect_marks(connect_with(after(61 * S)), 0, 0);
    cr_expect_str_eq(run.texts[0][CAPTURE_LOOKUP], "shop.example");
}

Test(lookup, a_failure_that_leads_nowhere_is_a_record)
{
    const struct cs_record *record = &run.records[0];

    GIVE(&run, ev_query(ASKED, dns_query(1, CS_DNS_A, "no.example")));
    GIVE(&run, ev_answer(ANSWERED, dns_answer(1, CS_DNS_A, "no.example", DNS_NXDOMAIN)));
    cr_expect_eq(cs_fold_pending(run.fold), 1);
    GIVE(&run, ev_tick(ANSWERED + S));
    cr_expect_eq(run.count, 0);
    GIVE(&run, ev_tick(ANSWERED + S + 1));
    cr_assert_eq(run.count, 1);
    cr_expect_eq(cs_fold_pending(run.fold), 0);
    cr_expect_eq(record->id, ASKED);
    cr_expect_eq(record->outcome, CONNSPAN_FAILED);
    cr_expect_str_eq(record->error_phase, "dns");
    cr_expect_str_eq(record->error_code, "NXDOMAIN");
    cr_expect_eq(record->failed_ns, ANSWERED);
    cr_expect_eq(record->facts.process.tgid, 100);
    cr_expect_str_eq(run.texts[0][CAPTURE_LOOKUP], "no.example");
    expect_marks(&record->lookup, ASKED, ANSWERED);
}

Test(lookup, a_time_out_fails_when_waiting_ends)
{
    GIVE(&run, ev_query(ASKED, dns_query(1, CS_DNS_A, "no.example")));
    GIVE(&run, ev_tick(ASKED + 21 * S));
    cr_expect_eq(run.count, 0, "a resolver may yet repeat it");
    GIVE(&run, ev_tick(ASKED + 21 * S + 1));
    cr_assert_eq(run.count, 1);
    cr_expect_str_eq(run.records[0].error_code, "timeout");
    cr_expect_eq(run.records[0].failed_ns, ASKED + 5 * S);
}

Test(lookup, ends_with_the_last_answer_before_the_connection)
{
    GIVE(&run, ev_query(ASKED, dns_query(1, CS_DNS_A, "x.example")));
    GIVE(&run, ev_query(ASKED, dns_query(2, CS_DNS_AAAA, "x.example")));
    GIVE(&run, ev_answer(ASKED + MS, dns_address(1, CS_DNS_A, "x.example", "192.0.2.1")));
    GIVE(&run, ev_answer(ANSWERED, dns_answer(2, CS_DNS_AAAA, "x.example", 0)));
    expect_marks(connect_with(after(0)), ASKED, ANSWERED);
}

Test(lookup, an_answer_that_the_connection_did_not_wait_for_is_not_its_end)
{
    GIVE(&run, ev_query(ASKED, dns_query(1, CS_DNS_A, "x.example")));
    GIVE(&run, ev_query(ASKED, dns_query(2, CS_DNS_AAAA, "x.example")));
    GIVE(&run, ev_answer(ANSWERED, dns_address(1, CS_DNS_A, "x.example", "192.0.2.1")));
    GIVE(&run, ev_answer(EV_START + MS, dns_answer(2, CS_DNS_AAAA, "x.example", 0)));
    expect_marks(connect_with(after(0)), ASKED, ANSWERED);
}

Test(lookup, of_many_threads_each_has_its_own)
{
    enum { THREADS = 40, FIRST = THREADS - CAPTURE_RECORDS };

    for (uint64_t i = 0; i < THREADS; i++) {
        struct cs_event_lookup call =
            ev_lookup(ASKED + i, ANSWERED + i, "x.example", "192.0.2.1", 0);

        call.process.tid += (uint32_t)i;
        GIVE(&run, call);
    }
    for (uint32_t i = FIRST; i < THREADS; i++) { /* as many as the harness keeps */
        struct cs_event_connection event = after(i);

        event.facts.process.tid += i;
        expect_marks(connect_with(event), ASKED + i, ANSWERED + i);
    }
}

/* Of a program whose calls nobody sees: it has getaddrinfo inside. */
Test(lookup, of_threads_that_ask_for_one_name_at_once_each_has_its_own)
{
    enum { THREADS = 3 };
    union ev_dns event;

    for (uint32_t i = 0; i < THREADS; i++) {
        event = ev_query(ASKED + i, dns_query(1, CS_DNS_A, "x.example"));
        event.dns.process.tid += i;
        event.dns.socket += i;
        GIVE(&run, event);
    }
    for (uint32_t i = 0; i < THREADS; i++) {
        event = ev_answer(ANSWERED + i, dns_address(1, CS_DNS_A, "x.example", "192.0.2.1"));
        event.dns.socket += i;
        GIVE(&run, event);
    }
    for (uint32_t i = THREADS; i-- > 0;) {
        struct cs_event_connection connection = after(MS - i);

        connection.facts.process.tid += i;
        expect_marks(connect_with(connection), ASKED + i, ANSWERED + i);
    }
}

Test(lookup, the_end_tells_what_has_failed_and_what_is_open)
{
    GIVE(&run, ev_query(ASKED, dns_query(1, CS_DNS_A, "open.example")));
    GIVE(&run, ev_query(ASKED, dns_query(2, CS_DNS_A, "no.example")));
    GIVE(&run, ev_answer(ANSWERED, dns_answer(2, CS_DNS_A, "no.example", DNS_NXDOMAIN)));
    cs_fold_finish(run.fold, ANSWERED + MS);
    cr_assert_eq(run.count, 2);
    cr_expect_str_eq(run.texts[0][CAPTURE_LOOKUP], "no.example");
    cr_expect_str_eq(run.texts[1][CAPTURE_LOOKUP], "open.example");
    cr_expect_eq(run.records[1].outcome, CONNSPAN_UNFINISHED);
    cr_expect_null(run.records[1].error_phase);
    cr_expect_eq(run.records[1].done_ns, ANSWERED + MS);
}

Test(lookup, what_cannot_be_read_is_counted)
{
    struct dns_bytes bytes = dns_query(1, CS_DNS_A, "x.example");

    bytes.length -= 3;
    GIVE(&run, ev_query(ASKED, bytes));
    cr_expect_eq(cs_fold_dns_lost(run.fold), 1);
}
