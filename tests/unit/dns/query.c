/* SPDX-License-Identifier: MIT */
/* Which queries and answers are one lookup. */
#include <stdlib.h>

#include "tests/unit/dns/queries.h"

TestSuite(query, .init = open_table, .fini = close_table);

Test(query, a_and_aaaa_race)
{
    ask(ASKED, 1, CS_DNS_A, "x.example");
    ask(ASKED + US, 2, CS_DNS_AAAA, "x.example");
    answer_address(ASKED + 3 * MS, 2, "x.example", "2001:db8::1");
    answer_address(ASKED + 5 * MS, 1, "x.example", "192.0.2.1");
    cr_assert_not_null(find("192.0.2.1", ASKED + S));
    cr_expect_eq(find("192.0.2.1", ASKED + S)->answered_ns, ASKED + 5 * MS);
    cr_expect_eq(find("2001:db8::1", ASKED + S)->answered_ns, ASKED + 3 * MS);
    cr_expect_eq(find("2001:db8::1", ASKED + S)->lookup, find("192.0.2.1", ASKED + S)->lookup);
    cr_expect_eq(find("192.0.2.1", ASKED + S)->lookup->start_ns, ASKED);
    cr_expect_null(find("192.0.2.1", ASKED + 4 * MS), "not answered yet");
    cr_expect_null(cs_lookups_overdue(&lookups, ASKED + 60 * S));
}

Test(query, a_repeated_query_begins_no_lookup)
{
    ask(ASKED, 1, CS_DNS_A, "x.example");
    ask(ASKED + 5 * S, 1, CS_DNS_A, "x.example");
    answer_address(ASKED + 5 * S + MS, 1, "x.example", "192.0.2.1");
    cr_expect_eq(find("192.0.2.1", ASKED + 6 * S)->lookup->start_ns, ASKED);
}

Test(query, the_next_server_goes_on_where_one_failed)
{
    ask(ASKED, 1, CS_DNS_A, "x.example");
    answer(ASKED + MS, 1, CS_DNS_A, "x.example", DNS_SERVFAIL);
    ask(ASKED + 2 * MS, 9, CS_DNS_A, "x.example");
    answer_address(ASKED + 3 * MS, 9, "x.example", "192.0.2.1");
    cr_expect_eq(find("192.0.2.1", ASKED + S)->lookup->start_ns, ASKED);
    cr_expect_null(cs_lookups_overdue(&lookups, ASKED + 60 * S));
}

Test(query, a_truncated_answer_comes_again_by_tcp)
{
    struct dns_bytes cut = dns_address(1, CS_DNS_A, "x.example", "192.0.2.7");

    dns_truncate(&cut);
    ask(ASKED, 1, CS_DNS_A, "x.example");
    give(ev_answer(ASKED + MS, cut));
    cr_expect_null(find("192.0.2.7", ASKED + S));
    ask(ASKED + 2 * MS, 4, CS_DNS_A, "x.example");
    answer_address(ASKED + 3 * MS, 4, "x.example", "192.0.2.1");
    cr_expect_eq(find("192.0.2.1", ASKED + S)->lookup->start_ns, ASKED);
}

/* glibc asks for both again, in whatever order their answers came. */
Test(query, a_truncated_answer_undoes_the_others)
{
    struct dns_bytes cut = dns_answer(1, CS_DNS_A, "x.example", 0);
    union ev_dns again;

    dns_truncate(&cut);
    ask(ASKED, 1, CS_DNS_A, "x.example");
    ask(ASKED, 2, CS_DNS_AAAA, "x.example");
    give(ev_answer(ASKED + MS, cut));
    answer(ASKED + 2 * MS, 2, CS_DNS_AAAA, "x.example", 0);
    ask(ASKED + 3 * MS, 1, CS_DNS_A, "x.example");
    again = ev_answer(ASKED + 4 * MS, dns_address(1, CS_DNS_A, "x.example", "192.0.2.1"));
    again.dns.flags = CS_DNS_TCP;
    give(again);
    ask(ASKED + 5 * MS, 2, CS_DNS_AAAA, "x.example");
    again = ev_answer(ASKED + 6 * MS, dns_address(2, CS_DNS_AAAA, "x.example", "2001:db8::1"));
    again.dns.flags = CS_DNS_TCP;
    give(again);
    cr_expect_eq(find("192.0.2.1", ASKED + S)->lookup->start_ns, ASKED);
    cr_expect_eq(find("2001:db8::1", ASKED + S)->lookup->start_ns, ASKED);
    cr_expect_null(cs_lookups_overdue(&lookups, ASKED + 60 * S));
}

Test(query, who_takes_what_a_truncated_answer_holds_has_not_failed)
{
    struct dns_bytes cut = dns_address(1, CS_DNS_A, "x.example", "192.0.2.7");

    dns_truncate(&cut);
    ask(ASKED, 1, CS_DNS_A, "x.example");
    ask(ASKED, 2, CS_DNS_AAAA, "x.example");
    give(ev_answer(ASKED + MS, cut));
    answer(ASKED + 2 * MS, 2, CS_DNS_AAAA, "x.example", 0);
    cr_expect_null(cs_lookups_overdue(&lookups, ASKED + 60 * S));
}

Test(query, asked_anew_after_an_answer)
{
    ask(ASKED, 1, CS_DNS_A, "x.example");
    answer_address(ASKED + MS, 1, "x.example", "192.0.2.1");
    ask(ASKED + 2 * MS, 2, CS_DNS_A, "x.example");
    answer_address(ASKED + 3 * MS, 2, "x.example", "192.0.2.1");
    cr_expect_eq(find("192.0.2.1", ASKED + S)->lookup->start_ns, ASKED + 2 * MS);
    cr_expect_eq(find("192.0.2.1", ASKED + 2 * MS)->lookup->start_ns, ASKED);
}

/* glibc repeats both questions where a server refuses one. */
Test(query, both_again_where_one_was_refused)
{
    ask(ASKED, 1, CS_DNS_A, "x.example");
    ask(ASKED, 2, CS_DNS_AAAA, "x.example");
    answer_address(ASKED + MS, 1, "x.example", "192.0.2.1");
    answer(ASKED + 2 * MS, 2, CS_DNS_AAAA, "x.example", DNS_REFUSED);
    ask(ASKED + 3 * MS, 3, CS_DNS_A, "x.example");
    answer_address(ASKED + 4 * MS, 3, "x.example", "192.0.2.1");
    cr_expect_eq(find("192.0.2.1", ASKED + S)->lookup->start_ns, ASKED);
    ask(ASKED + S, 4, CS_DNS_A, "x.example");
    answer_address(ASKED + S + MS, 4, "x.example", "192.0.2.1");
    cr_expect_eq(find("192.0.2.1", ASKED + 2 * S)->lookup->start_ns, ASKED + S, "much later");
}

Test(query, but_not_once_it_has_served)
{
    ask(ASKED, 1, CS_DNS_A, "x.example");
    ask(ASKED, 2, CS_DNS_AAAA, "x.example");
    answer_address(ASKED + MS, 1, "x.example", "192.0.2.1");
    answer(ASKED + 2 * MS, 2, CS_DNS_AAAA, "x.example", DNS_REFUSED);
    find("192.0.2.1", ASKED + S)->lookup->uses = calloc(1, 1);
    ask(ASKED + 3 * MS, 3, CS_DNS_A, "x.example");
    answer_address(ASKED + 4 * MS, 3, "x.example", "192.0.2.1");
    cr_expect_eq(find("192.0.2.1", ASKED + S)->lookup->start_ns, ASKED + 3 * MS);
}

Test(query, answers_that_nobody_asked_for_are_ignored)
{
    union ev_dns other = ev_answer(ASKED + MS, dns_address(1, CS_DNS_A, "x.example", "192.0.2.1"));

    ask(ASKED, 1, CS_DNS_A, "x.example");
    answer_address(ASKED + MS, 2, "x.example", "192.0.2.1"); /* id */
    answer_address(ASKED + MS, 1, "y.example", "192.0.2.1"); /* name */
    answer_address(ASKED + MS, 1, "x.example", "2001:db8::1");
    other.dns.socket++;
    give(other);
    other.dns.socket--;
    other.dns.process.tgid++;
    give(other);
    other.dns.process.tgid--;
    other.dns.direction = CS_FROM_CLIENT; /* an answer that the process sent */
    give(other);
    cr_expect_null(find("192.0.2.1", ASKED + S));
    cr_expect_null(find("2001:db8::1", ASKED + S));
}

Test(query, the_newest_name_of_an_address_wins)
{
    ask(ASKED, 1, CS_DNS_A, "x.example");
    answer_address(ASKED + MS, 1, "x.example", "192.0.2.1");
    ask(ASKED + S, 2, CS_DNS_A, "y.example");
    answer_address(ASKED + S + MS, 2, "y.example", "192.0.2.1");
    cr_expect_str_eq(find("192.0.2.1", ASKED + 2 * S)->lookup->name, "y.example");
    cr_expect_str_eq(find("192.0.2.1", ASKED + S)->lookup->name, "x.example");
}
/* Each name of a list that ends with NULL is asked for when the one before failed, `gap_ns` later;
 * the last has an address. When it was asked for. */
static uint64_t search(const char *const *names, uint64_t gap_ns)
{
    uint64_t at_ns = ASKED;

    for (uint16_t id = 1; names[1]; names++, id++, at_ns += MS + gap_ns) {
        ask(at_ns, id, CS_DNS_A, *names);
        answer(at_ns + MS, id, CS_DNS_A, *names, DNS_NXDOMAIN);
    }
    ask(at_ns, 99, CS_DNS_A, *names);
    answer_address(at_ns + MS, 99, *names, "192.0.2.1");
    return at_ns;
}

Test(query, the_next_name_of_a_search_list_inherits_the_start)
{
    static const char *const lists[][6] = {
        {"www.corp.example", "www.example"},
        {"www.corp.example", "www"},
        {"www", "www.corp.example"},
        {"db.x", "db.x.corp.example", "db.x.example"},
        /* Kubernetes: of the last domain nothing tells, but the bare name after it */
        {"db.ns.svc.cluster.local", "db.svc.cluster.local", "db.cluster.local", "db.internal",
         "db"},
    };

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        search(lists[i], MS);
        cr_expect_eq(find("192.0.2.1", ASKED + S)->lookup->start_ns, ASKED, "%s", lists[i][0]);
        cr_expect_null(cs_lookups_overdue(&lookups, ASKED + 60 * S), "%s", lists[i][0]);
        close_table();
        open_table();
    }
}

Test(query, a_name_that_is_not_in_the_other_inherits_nothing)
{
    static const char *const lists[][3] = {
        {"one.invalid", "one.test"},
        {"www.a.example", "www.b.example"},
        {"www.example", "www.corp.example"}, /* the domain above is tried last */
        {"www.example", "ww"},
        {"wwww.example", "www.example"},
        {"www.example", "www.example-2"},
        {"db.corp.example", "db.orp.example"},
    };

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        uint64_t asked_ns = search(lists[i], MS);

        cr_expect_eq(find("192.0.2.1", ASKED + S)->lookup->start_ns, asked_ns, "%s", lists[i][0]);
        expect_failure(ASKED + 2 * S, lists[i][0], "NXDOMAIN");
        close_table();
        open_table();
    }
}

Test(query, nor_does_one_that_comes_later)
{
    static const char *const names[] = {"www.corp.example", "www.example", NULL};
    uint64_t asked_ns = search(names, 20 * MS);

    cr_expect_eq(find("192.0.2.1", ASKED + S)->lookup->start_ns, asked_ns);
    expect_failure(ASKED + 2 * S, "www.corp.example", "NXDOMAIN");
}

Test(query, what_others_fail_at_meanwhile_is_no_part_of_it)
{
    ask(ASKED, 1, CS_DNS_A, "db.a.example");
    answer(ASKED + MS, 1, CS_DNS_A, "db.a.example", DNS_NXDOMAIN);
    ask(ASKED + 2 * MS, 2, CS_DNS_A, "db.b.example");
    ask(ASKED + 2 * MS, 3, CS_DNS_A, "other.example");
    answer(ASKED + 3 * MS, 3, CS_DNS_A, "other.example", DNS_NXDOMAIN);
    answer(ASKED + 4 * MS, 2, CS_DNS_A, "db.b.example", DNS_NXDOMAIN);
    ask(ASKED + 5 * MS, 4, CS_DNS_A, "db");
    answer_address(ASKED + 6 * MS, 4, "db", "192.0.2.1");
    cr_expect_eq(find("192.0.2.1", ASKED + S)->lookup->start_ns, ASKED);
    expect_failure(ASKED + 2 * S, "other.example", "NXDOMAIN");
    cr_expect_null(cs_lookups_overdue(&lookups, ASKED + 60 * S));
}

Test(query, another_name_inherits_nothing)
{
    ask(ASKED, 1, CS_DNS_A, "www.example");
    answer(ASKED + MS, 1, CS_DNS_A, "www.example", DNS_NXDOMAIN);
    ask(ASKED + 2 * MS, 2, CS_DNS_A, "shop.example");
    answer_address(ASKED + 3 * MS, 2, "shop.example", "192.0.2.1");
    cr_expect_eq(find("192.0.2.1", ASKED + S)->lookup->start_ns, ASKED + 2 * MS);
    expect_failure(ASKED + 2 * S, "www.example", "NXDOMAIN");
}

enum { FIRST_THREAD = 101, SECOND_THREAD, THIRD_THREAD }; /* ev_facts() has the first */

/* Each thread by a socket of its own. */
static void ask_by(uint32_t tid, uint64_t at_ns, enum cs_dns_type type, uint8_t flags)
{
    union ev_dns query = ev_query(at_ns, dns_query((uint16_t)type, type, "x.example"));

    query.dns.process.tid = tid;
    query.dns.socket += tid;
    query.dns.flags |= flags;
    give(query);
}

static void answer_to(uint32_t tid, uint64_t at_ns, const char *address)
{
    enum cs_dns_type type = strchr(address, ':') ? CS_DNS_AAAA : CS_DNS_A;
    union ev_dns event = ev_answer(at_ns, dns_address((uint16_t)type, type, "x.example", address));

    event.dns.socket += tid;
    give(event);
}

Test(query, threads_that_ask_at_once_have_a_lookup_each)
{
    struct cs_lookup *first, *second;

    ask_by(FIRST_THREAD, ASKED, CS_DNS_A, 0);
    ask_by(SECOND_THREAD, ASKED + US, CS_DNS_A, 0);
    ask_by(FIRST_THREAD, ASKED + 2 * US, CS_DNS_AAAA, 0);
    ask_by(SECOND_THREAD, ASKED + 3 * US, CS_DNS_AAAA, 0);
    answer_to(FIRST_THREAD, ASKED + MS, "192.0.2.1");
    answer_to(SECOND_THREAD, ASKED + 2 * MS, "192.0.2.1");
    answer_to(SECOND_THREAD, ASKED + 3 * MS, "2001:db8::1");
    answer_to(FIRST_THREAD, ASKED + 4 * MS, "2001:db8::1");
    first = find("192.0.2.1", ASKED + MS)->lookup;
    second = find("192.0.2.1", ASKED + 2 * MS)->lookup;
    cr_expect_eq(first->start_ns, ASKED);
    cr_expect_eq(second->start_ns, ASKED + US);
    cr_expect_eq(find("2001:db8::1", ASKED + 3 * MS)->lookup, second);
    cr_expect_eq(find("2001:db8::1", ASKED + 4 * MS)->lookup, first);
    cr_expect(cs_lookup_asked_by(first, FIRST_THREAD));
    cr_expect_not(cs_lookup_asked_by(first, SECOND_THREAD));
    cr_expect_not(cs_lookup_asked_by(second, FIRST_THREAD));
    cr_expect_null(cs_lookups_overdue(&lookups, ASKED + 60 * S));
}

Test(query, what_one_of_them_waits_for_is_no_failure_once_there_is_an_address)
{
    ask_by(FIRST_THREAD, ASKED, CS_DNS_A, 0);
    ask_by(SECOND_THREAD, ASKED + US, CS_DNS_A, 0);
    answer_to(SECOND_THREAD, ASKED + MS, "192.0.2.1");
    ask_by(THIRD_THREAD, ASKED + 2 * MS, CS_DNS_A, 0);
    answer_to(FIRST_THREAD, ASKED + 3 * MS, "192.0.2.1");
    cr_expect_eq(find("192.0.2.1", ASKED + S)->lookup->start_ns, ASKED);
    answer_to(THIRD_THREAD, ASKED + 4 * MS, "192.0.2.1");
    cr_expect_eq(find("192.0.2.1", ASKED + S)->lookup->start_ns, ASKED + 2 * MS);
    cr_expect_null(cs_lookups_overdue(&lookups, ASKED + 60 * S));
}

/* c-ares: by one thread and one socket. */
Test(query, questions_open_at_once_are_lookups_each)
{
    ask(ASKED, 1, CS_DNS_A, "x.example");
    ask(ASKED, 2, CS_DNS_AAAA, "x.example");
    ask(ASKED + MS, 3, CS_DNS_A, "x.example");
    ask(ASKED + MS, 4, CS_DNS_AAAA, "x.example");
    ask(ASKED + 2 * S, 1, CS_DNS_A, "x.example"); /* once more */
    answer_address(ASKED + 2 * S + MS, 3, "x.example", "192.0.2.1");
    cr_expect_eq(find("192.0.2.1", ASKED + 3 * S)->lookup->start_ns, ASKED + MS);
    answer_address(ASKED + 2 * S + 2 * MS, 1, "x.example", "192.0.2.1");
    cr_expect_eq(find("192.0.2.1", ASKED + 3 * S)->lookup->start_ns, ASKED);
    answer_address(ASKED + 2 * S + 3 * MS, 4, "x.example", "2001:db8::1");
    cr_expect_eq(find("2001:db8::1", ASKED + 3 * S)->lookup->start_ns, ASKED + MS);
}

Test(query, one_of_them_repeats_its_own)
{
    ask_by(FIRST_THREAD, ASKED, CS_DNS_A, 0);
    ask_by(SECOND_THREAD, ASKED + US, CS_DNS_A, 0);
    ask_by(FIRST_THREAD, ASKED + 5 * S, CS_DNS_A, 0);
    answer_to(FIRST_THREAD, ASKED + 5 * S + MS, "192.0.2.1");
    cr_expect_eq(find("192.0.2.1", ASKED + 6 * S)->lookup->start_ns, ASKED);
}

/* The second answer to a query that was repeated is no news of an older lookup. */
Test(query, what_was_answered_before_is_not_answered_anew)
{
    ask_by(FIRST_THREAD, ASKED, CS_DNS_A, 0);
    answer_to(FIRST_THREAD, ASKED + MS, "192.0.2.1");
    ask_by(SECOND_THREAD, ASKED + 2 * MS, CS_DNS_A, 0);
    answer_to(SECOND_THREAD, ASKED + 3 * MS, "192.0.2.1");
    answer_to(FIRST_THREAD, ASKED + 4 * MS, "192.0.2.1");
    cr_expect_eq(find("192.0.2.1", ASKED + S)->answered_ns, ASKED + 3 * MS);
}

/* Go asks for A and AAAA by two of its threads, and repeats by any. */
Test(query, one_lookup_may_ask_by_several_threads)
{
    const struct cs_lookup *lookup;

    ask_by(FIRST_THREAD, ASKED, CS_DNS_A, 0);
    ask_by(SECOND_THREAD, ASKED + 100 * MS, CS_DNS_AAAA, 0);
    ask_by(THIRD_THREAD, ASKED + S, CS_DNS_A, 0);
    answer_to(SECOND_THREAD, ASKED + 2 * S, "2001:db8::1");
    answer_to(THIRD_THREAD, ASKED + 2 * S, "192.0.2.1");
    lookup = find("192.0.2.1", ASKED + 3 * S)->lookup;
    cr_expect_eq(lookup->start_ns, ASKED);
    cr_expect_eq(find("2001:db8::1", ASKED + 3 * S)->lookup, lookup);
    cr_expect(cs_lookup_roams(lookup));
    cr_expect(cs_lookup_asked_by(lookup, THIRD_THREAD));
}

/* The first server is not there (ICMP), and the next one is asked at once. */
Test(query, what_has_a_socket_for_each_query_asks_again_by_any_thread)
{
    ask_by(FIRST_THREAD, ASKED, CS_DNS_A, 0);
    ask_by(SECOND_THREAD, ASKED, CS_DNS_AAAA, 0);
    ask_by(THIRD_THREAD, ASKED + US, CS_DNS_A, 0);
    answer_to(THIRD_THREAD, ASKED + MS, "192.0.2.1");
    cr_expect_eq(find("192.0.2.1", ASKED + S)->lookup->start_ns, ASKED);
}

Test(query, another_thread_that_asks_for_the_other_type_later_asks_for_itself)
{
    ask_by(FIRST_THREAD, ASKED, CS_DNS_A, 0);
    ask_by(SECOND_THREAD, ASKED + 101 * MS, CS_DNS_AAAA, 0);
    answer_to(SECOND_THREAD, ASKED + 120 * MS, "2001:db8::1");
    cr_expect_eq(find("2001:db8::1", ASKED + S)->lookup->start_ns, ASKED + 101 * MS);
}

/* node: c-ares asks beside threads in getaddrinfo. */
Test(query, a_call_s_queries_are_its_own)
{
    ask_by(FIRST_THREAD, ASKED, CS_DNS_A, CS_DNS_IN_CALL);
    ask_by(SECOND_THREAD, ASKED + US, CS_DNS_AAAA, 0);
    answer_to(SECOND_THREAD, ASKED + MS, "2001:db8::1");
    answer_to(FIRST_THREAD, ASKED + 2 * MS, "192.0.2.1");
    cr_expect(find("192.0.2.1", ASKED + S)->lookup->in_call);
    cr_expect_not(find("2001:db8::1", ASKED + S)->lookup->in_call);
}
