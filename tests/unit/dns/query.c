/* SPDX-License-Identifier: MIT */
/* Which queries and answers are one lookup. */
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
