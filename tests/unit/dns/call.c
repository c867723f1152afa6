/* SPDX-License-Identifier: MIT */
/* What a call of getaddrinfo adds to the lookups that queries show, and what it takes from them. */
#include <netdb.h>
#include <stdlib.h>

#include "tests/unit/dns/queries.h"

#define CALLED   EV_START
#define RETURNED (EV_START + 10 * MS)

TestSuite(call, .init = open_table, .fini = close_table);

static void asks(uint64_t at_ns, const char *name)
{
    ask(at_ns, 1, CS_DNS_A, name);
}

static void returns(const char *name, const char *address, int error)
{
    struct cs_event_lookup event = ev_lookup(CALLED, RETURNED, name, address, error);

    cs_lookups_call(&lookups, &event);
}

static const struct cs_lookup *found(const char *text)
{
    const struct cs_lookup_address *entry = find(text, RETURNED);

    return entry ? entry->lookup : NULL;
}

static void expect_failures(const char *name, const char *code)
{
    struct cs_lookup *lookup = cs_lookups_overdue(&lookups, CALLED + 60 * S);

    if (code) {
        cr_assert_not_null(lookup, "%s", name);
        cr_expect_str_eq(lookup->name, name);
        cr_expect_str_eq(cs_lookup_failure(lookup), code);
        cr_expect_eq(lookup->start_ns, CALLED);
        cs_lookups_settle(lookup);
    }
    cr_expect_null(cs_lookups_overdue(&lookups, CALLED + 60 * S), "%s: once", name);
}

Test(call, needs_no_query)
{
    returns("Quiet.example.", "192.0.2.1", 0);
    cr_assert_not_null(found("192.0.2.1"));
    cr_expect_str_eq(found("192.0.2.1")->name, "quiet.example");
    cr_expect_eq(found("192.0.2.1")->start_ns, CALLED);
    expect_failures("quiet.example", NULL);
}

Test(call, ipv6)
{
    returns("quiet.example", "2001:db8::1", 0);
    cr_assert_not_null(found("2001:db8::1"));
    cr_expect_str_eq(found("2001:db8::1")->name, "quiet.example");
}

Test(call, encloses_its_queries)
{
    asks(CALLED + MS, "x.example");
    give(ev_answer(CALLED + 2 * MS, dns_address(1, CS_DNS_A, "x.example", "192.0.2.1")));
    returns("x.example", "192.0.2.1", 0);
    cr_expect_eq(found("192.0.2.1")->start_ns, CALLED);
    cr_expect_null(found("192.0.2.1")->addresses[0].older, "they are no lookup beside it");
    expect_failures("x.example", NULL);
}

/* Else a program's calls have half the table. */
Test(call, leaves_no_part_in_the_table)
{
    union ev_dns query = ev_query(CALLED + MS, dns_query(2, CS_DNS_A, "other.example"));

    asks(CALLED + MS, "x");
    give(ev_answer(CALLED + 2 * MS, dns_answer(1, CS_DNS_A, "x", DNS_NXDOMAIN)));
    asks(CALLED + 3 * MS, "x.example");
    give(ev_answer(CALLED + 4 * MS, dns_address(1, CS_DNS_A, "x.example", "192.0.2.1")));
    query.dns.process.tid++;
    give(query);
    give(ev_answer(CALLED + 5 * MS, dns_address(2, CS_DNS_A, "other.example", "192.0.2.1")));
    returns("x", "192.0.2.1", 0);
    cr_expect_eq(lookups.count, 2, "the call, and what another thread asked");
    cr_expect_str_eq(found("192.0.2.1")->name, "x");
    cr_assert_not_null(found("192.0.2.1")->addresses[0].older);
    cr_expect_str_eq(found("192.0.2.1")->addresses[0].older->lookup->name, "other.example");
}

Test(call, keeps_a_part_that_has_served)
{
    asks(CALLED + MS, "x.example");
    give(ev_answer(CALLED + 2 * MS, dns_address(1, CS_DNS_A, "x.example", "192.0.2.1")));
    ((struct cs_lookup *)found("192.0.2.1"))->uses = calloc(1, 1);
    returns("x.example", "192.0.2.1", 0);
    cr_expect_eq(lookups.count, 2);
    cr_expect_null(found("192.0.2.1")->addresses[0].older);
}

Test(call, has_an_answer_that_a_late_one_does_not_undo)
{
    asks(CALLED + MS, "x.example");
    returns("x.example", "192.0.2.1", 0); /* from the hosts file, say; the query was in vain */
    expect_failures("x.example", NULL);
}

Test(call, its_queries_know_why_it_failed)
{
    asks(CALLED + MS, "x.example");
    give(ev_answer(CALLED + 2 * MS, dns_answer(1, CS_DNS_A, "x.example", DNS_NXDOMAIN)));
    asks(CALLED + 3 * MS, "x.corp.example");
    give(ev_answer(CALLED + 4 * MS, dns_answer(1, CS_DNS_A, "x.corp.example", DNS_SERVFAIL)));
    returns("x.example", NULL, EAI_AGAIN);
    expect_failures("x.example", "SERVFAIL");
}

Test(call, unanswered)
{
    struct cs_event_lookup event = ev_lookup(CALLED, CALLED + 5 * S, "x.example", NULL, EAI_AGAIN);

    asks(CALLED + MS, "x.example");
    cs_lookups_call(&lookups, &event);
    expect_failures("x.example", "timeout");
}

/* The kernel told the resolver that nobody listens there (ICMP), which no packet of ours shows. */
Test(call, that_gave_up_at_once_did_not_time_out)
{
    asks(CALLED + MS, "x.example");
    returns("x.example", NULL, EAI_AGAIN);
    expect_failures("x.example", "EAI_AGAIN");
}

static struct cs_event_lookup by_thread(uint32_t thread, uint64_t start_ns, uint64_t at_ns,
                                        const char *address, int error)
{
    struct cs_event_lookup event = ev_lookup(start_ns, at_ns, "x.example", address, error);

    event.process.tid += thread;
    return event;
}

static void call_by(uint32_t thread, uint64_t start_ns, uint64_t at_ns, const char *address,
                    int error)
{
    struct cs_event_lookup event = by_thread(thread, start_ns, at_ns, address, error);

    cs_lookups_call(&lookups, &event);
}

Test(call, each_that_failed_is_told)
{
    call_by(0, CALLED, CALLED + MS, NULL, EAI_NONAME);
    call_by(0, CALLED + 500 * MS, CALLED + 501 * MS, NULL, EAI_NONAME);
    cr_assert_not_null(cs_lookups_overdue(&lookups, CALLED + 60 * S));
    cs_lookups_settle(cs_lookups_overdue(&lookups, CALLED + 60 * S));
    cr_assert_not_null(cs_lookups_overdue(&lookups, CALLED + 60 * S));
    cs_lookups_settle(cs_lookups_overdue(&lookups, CALLED + 60 * S));
    cr_expect_null(cs_lookups_overdue(&lookups, CALLED + 60 * S));
}

/* RFC 8305: A and AAAA by a call each. */
Test(call, two_for_both_families_are_one_lookup)
{
    call_by(1, CALLED + MS, CALLED + 5 * MS, "192.0.2.1", 0);
    call_by(0, CALLED, CALLED + 8 * MS, "2001:db8::1", 0);
    cr_assert_not_null(found("192.0.2.1"));
    cr_expect_eq(found("192.0.2.1"), found("2001:db8::1"));
    cr_expect_eq(found("192.0.2.1")->start_ns, CALLED);
}

/* A name server that answers each with another address. */
Test(call, two_for_one_family_are_two_lookups)
{
    call_by(0, CALLED, CALLED + 5 * MS, "192.0.2.1", 0);
    call_by(1, CALLED, CALLED + 6 * MS, "192.0.2.2", 0);
    cr_assert_not_null(found("192.0.2.1"));
    cr_expect_neq(found("192.0.2.1"), found("192.0.2.2"));
}

Test(call, one_of_two_that_failed_is_no_failure)
{
    call_by(1, CALLED, CALLED + 5 * MS, "192.0.2.1", 0);
    call_by(0, CALLED, CALLED + 8 * MS, NULL, -5);
    expect_failures("x.example", NULL);
    cr_expect_not_null(found("192.0.2.1"));
}

Test(call, one_that_failed_while_the_other_waits_is_no_failure)
{
    union ev_dns query = ev_query(CALLED + MS, dns_query(2, CS_DNS_AAAA, "x.example"));

    query.dns.process.tid++;
    asks(CALLED + MS, "x.example");
    give(query);
    give(ev_answer(CALLED + 2 * MS, dns_answer(2, CS_DNS_AAAA, "x.example", 0)));
    call_by(1, CALLED, CALLED + 3 * MS, NULL, -5);
    give(ev_answer(CALLED + 8 * MS, dns_address(1, CS_DNS_A, "x.example", "192.0.2.1")));
    call_by(0, CALLED, CALLED + 9 * MS, "192.0.2.1", 0);
    expect_failures("x.example", NULL);
}

Test(call, of_one_name_by_many_threads_are_as_many)
{
    call_by(0, CALLED, CALLED + 5 * MS, "192.0.2.1", 0);
    call_by(1, CALLED, CALLED + 6 * MS, "192.0.2.1", 0);
    cr_assert_not_null(found("192.0.2.1"));
    cr_expect_not_null(found("192.0.2.1")->addresses[0].older);
}

Test(call, codes_of_its_own)
{
    static const struct {
        int error;
        const char *code;
    } rows[] = {{EAI_NONAME, "EAI_NONAME"}, {EAI_AGAIN, "EAI_AGAIN"}, {EAI_FAIL, "EAI_FAIL"},
                {EAI_SYSTEM, "EAI_SYSTEM"}, {-5, "EAI_NODATA"},       {-9, "EAI_ADDRFAMILY"},
                {EAI_SERVICE, NULL},        {EAI_BADFLAGS, NULL}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        returns("x.example", NULL, rows[i].error);
        expect_failures("x.example", rows[i].code);
    }
}

Test(call, what_was_told_already_is_not_told_again)
{
    struct cs_lookup *lookup;

    asks(CALLED + MS, "x.example");
    lookup = cs_lookups_overdue(&lookups, CALLED + 60 * S);
    lookup->is_told = true;
    cs_lookups_settle(lookup);
    returns("x.example", NULL, EAI_AGAIN);
    expect_failures("x.example", NULL);
}

Test(call, a_success_settles_the_failure_before)
{
    returns("x.example", NULL, EAI_AGAIN);
    returns("x.example", "192.0.2.1", 0);
    expect_failures("x.example", NULL);
}

Test(call, queries_of_another_thread_are_none_of_its)
{
    union ev_dns query = ev_query(CALLED + MS, dns_query(1, CS_DNS_A, "other.example"));

    query.dns.process.tid++;
    give(query);
    returns("x.example", "192.0.2.1", 0);
    cr_assert_not_null(cs_lookups_overdue(&lookups, CALLED + 60 * S));
    cr_expect_str_eq(cs_lookups_overdue(&lookups, CALLED + 60 * S)->name, "other.example");
}

Test(call, an_address_as_text_is_no_lookup)
{
    static const char *const texts[] = {
        "192.0.2.1", "2001:db8::1", "fe80::1%eth0", "127.1", "0x0a.77.2", "2130706433", ""};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        returns(texts[i], "192.0.2.1", 0);
        cr_expect_null(found("192.0.2.1"), "%s", texts[i]);
        returns(texts[i], NULL, EAI_NONAME);
        expect_failures(texts[i], NULL);
    }
}

Test(call, no_address_of_the_internet)
{
    struct cs_event_lookup event = ev_lookup(CALLED, RETURNED, "x.example", "192.0.2.1", 0);

    memset(event.addresses[0], 0, sizeof(event.addresses[0]));
    cs_lookups_call(&lookups, &event);
    cr_expect_null(found("::"));
}

/* What the queries of one said is the other's answer, too. */
Test(call, two_that_failed_meanwhile_have_one_reason)
{
    asks(CALLED + MS, "x.example");
    give(ev_answer(CALLED + 2 * MS, dns_answer(1, CS_DNS_A, "x.example", DNS_NXDOMAIN)));
    call_by(0, CALLED, CALLED + 3 * MS, NULL, EAI_NONAME);
    call_by(1, CALLED, CALLED + 4 * MS, NULL, EAI_NONAME);
    expect_failures("x.example", "NXDOMAIN");
}

Test(call, that_succeeds_leaves_no_query_of_that_name_open)
{
    union ev_dns query = ev_query(CALLED + MS, dns_query(2, CS_DNS_AAAA, "x.example"));

    query.dns.process.tid++;
    asks(CALLED + MS, "x.example");
    give(query);
    call_by(0, CALLED, CALLED + 3 * MS, "192.0.2.1", 0);
    cr_expect_not(cs_lookups_wait(&lookups));
}
