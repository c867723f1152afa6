/* SPDX-License-Identifier: MIT */
/* When a lookup has failed, and how often. */
#include "tests/unit/dns/queries.h"

TestSuite(query_failed, .init = open_table, .fini = close_table);

Test(query_failed, fails_a_second_after_the_last_answer)
{
    ask(ASKED, 1, CS_DNS_A, "x.example");
    ask(ASKED, 2, CS_DNS_AAAA, "x.example");
    answer(ASKED + MS, 1, CS_DNS_A, "x.example", DNS_NXDOMAIN);
    cr_expect_null(cs_lookups_overdue(&lookups, ASKED + 3 * S), "half of it is to come");
    answer(ASKED + 4 * S, 2, CS_DNS_AAAA, "x.example", DNS_NXDOMAIN);
    cr_expect_null(cs_lookups_overdue(&lookups, ASKED + 5 * S));
    expect_failure(ASKED + 5 * S + 1, "x.example", "NXDOMAIN");
    cr_expect_null(cs_lookups_overdue(&lookups, ASKED + 60 * S), "told once");
}

Test(query_failed, codes)
{
    ask(ASKED, 1, CS_DNS_A, "none.example");
    answer(ASKED, 1, CS_DNS_A, "none.example", 0);
    expect_failure(ASKED + 2 * S, "none.example", "NODATA");
    ask(ASKED, 2, CS_DNS_A, "half.example");
    ask(ASKED, 3, CS_DNS_AAAA, "half.example");
    answer(ASKED, 2, CS_DNS_A, "half.example", 0);
    answer(ASKED, 3, CS_DNS_AAAA, "half.example", DNS_SERVFAIL);
    expect_failure(ASKED + 2 * S, "half.example", "SERVFAIL");
    ask(ASKED, 4, CS_DNS_A, "odd.example");
    answer(ASKED, 4, CS_DNS_A, "odd.example", 15);
    expect_failure(ASKED + 2 * S, "odd.example", "unknown");
}

Test(query_failed, times_out_after_the_last_repetition)
{
    ask(ASKED, 1, CS_DNS_A, "x.example");
    ask(ASKED + 5 * S, 1, CS_DNS_A, "x.example");
    cr_expect_null(cs_lookups_overdue(&lookups, ASKED + 26 * S));
    expect_failure(ASKED + 26 * S + 1, "x.example", "timeout");
}

Test(query_failed, in_a_call_is_not_told_before_it_returns)
{
    union ev_dns query = ev_query(ASKED, dns_query(1, CS_DNS_A, "x.example"));

    query.dns.flags = CS_DNS_IN_CALL;
    give(query);
    answer(ASKED + MS, 1, CS_DNS_A, "x.example", DNS_NXDOMAIN);
    cr_expect_null(cs_lookups_overdue(&lookups, ASKED + 41 * S));
    cr_expect(cs_lookups_wait(&lookups));
    expect_failure(ASKED + 60 * S, "x.example", "NXDOMAIN"); /* it did not: it was killed, say */
}

Test(query_failed, the_same_name_at_once_is_one_lookup)
{
    ask(ASKED, 1, CS_DNS_A, "x.example");
    answer(ASKED + MS, 1, CS_DNS_A, "x.example", DNS_NXDOMAIN);
    ask(ASKED + 2 * MS, 2, CS_DNS_A, "x.example");
    answer(ASKED + 3 * MS, 2, CS_DNS_A, "x.example", DNS_NXDOMAIN);
    expect_failure(ASKED + 4 * S, "x.example", "NXDOMAIN");
    cr_expect_null(cs_lookups_overdue(&lookups, ASKED + 60 * S));
}

/* Each failed for good: who asks again has a lookup more. */
Test(query_failed, asked_anew_after_a_failure)
{
    ask(ASKED, 1, CS_DNS_A, "x.example");
    answer(ASKED + MS, 1, CS_DNS_A, "x.example", DNS_NXDOMAIN);
    ask(ASKED + S / 2, 2, CS_DNS_A, "x.example");
    answer(ASKED + S / 2 + MS, 2, CS_DNS_A, "x.example", DNS_NXDOMAIN);
    expect_failure(ASKED + 4 * S, "x.example", "NXDOMAIN");
    expect_failure(ASKED + 4 * S, "x.example", "NXDOMAIN");
    cr_expect_null(cs_lookups_overdue(&lookups, ASKED + 60 * S));
}

Test(query_failed, an_address_makes_an_attempt_of_the_failure_before)
{
    ask(ASKED, 1, CS_DNS_A, "x.example");
    answer(ASKED + MS, 1, CS_DNS_A, "x.example", DNS_NXDOMAIN);
    ask(ASKED + S / 2, 2, CS_DNS_A, "x.example");
    answer_address(ASKED + S / 2 + MS, 2, "x.example", "192.0.2.1");
    cr_expect_eq(find("192.0.2.1", ASKED + S)->lookup->start_ns, ASKED + S / 2);
    cr_expect_null(cs_lookups_overdue(&lookups, ASKED + 60 * S));
}

Test(query_failed, without_an_answer_does_not_go_on_for_ever)
{
    for (uint16_t i = 0; i < 10; i++)
        ask(ASKED + i * 5 * S, i, CS_DNS_A, "x.example");
    expect_failure(ASKED + 57 * S, "x.example", "timeout");
}

/* The socket's buffer was full: the program asks again what we saw answered. */
Test(query_failed, the_same_again_after_its_failure_was_told)
{
    struct cs_lookup *lookup;

    ask(ASKED, 1, CS_DNS_A, "x.example");
    answer(ASKED + MS, 1, CS_DNS_A, "x.example", DNS_NXDOMAIN);
    lookup = cs_lookups_overdue(&lookups, ASKED + 2 * S);
    cr_assert_not_null(lookup);
    lookup->is_told = true;
    cs_lookups_settle(lookup);
    ask(ASKED + 3 * S, 1, CS_DNS_A, "x.example");
    answer(ASKED + 3 * S + MS, 1, CS_DNS_A, "x.example", DNS_NXDOMAIN);
    cr_expect_null(cs_lookups_overdue(&lookups, ASKED + 60 * S));
}

Test(query_failed, the_same_again_before_its_failure_was_told)
{
    ask(ASKED, 1, CS_DNS_A, "x.example");
    answer(ASKED + MS, 1, CS_DNS_A, "x.example", DNS_NXDOMAIN);
    ask(ASKED + 500 * MS, 1, CS_DNS_A, "x.example");
    answer(ASKED + 501 * MS, 1, CS_DNS_A, "x.example", DNS_NXDOMAIN);
    expect_failure(ASKED + 60 * S, "x.example", "NXDOMAIN");
    cr_expect_null(cs_lookups_overdue(&lookups, ASKED + 60 * S));
}

Test(query_failed, an_answer_that_comes_twice_revives_nothing)
{
    ask(ASKED, 1, CS_DNS_A, "www.corp.example");
    answer(ASKED + MS, 1, CS_DNS_A, "www.corp.example", DNS_NXDOMAIN);
    ask(ASKED + 2 * MS, 2, CS_DNS_A, "www.example");
    answer(ASKED + 3 * MS, 1, CS_DNS_A, "www.corp.example", DNS_NXDOMAIN);
    answer(ASKED + 4 * MS, 2, CS_DNS_A, "www.example", DNS_NXDOMAIN);
    expect_failure(ASKED + 4 * S, "www.example", "NXDOMAIN");
    cr_expect_null(cs_lookups_overdue(&lookups, ASKED + 60 * S));
}

static void answer_truncated(uint64_t at_ns, uint16_t id, enum cs_dns_type type, int rcode)
{
    struct dns_bytes cut = dns_answer(id, type, "x.example", rcode);

    dns_truncate(&cut);
    give(ev_answer(at_ns, cut));
}

/* musl before 1.2.4 knows no TCP. */
Test(query_failed, a_truncated_answer_and_no_other_has_failed)
{
    ask(ASKED, 1, CS_DNS_A, "x.example");
    ask(ASKED, 2, CS_DNS_AAAA, "x.example");
    answer_truncated(ASKED + MS, 1, CS_DNS_A, 0);
    answer_truncated(ASKED + 2 * MS, 2, CS_DNS_AAAA, 0);
    cr_expect_null(cs_lookups_overdue(&lookups, ASKED + S));
    cr_assert_not_null(cs_lookups_overdue(&lookups, ASKED + 2 * S));
    cr_expect_eq(cs_lookups_overdue(&lookups, ASKED + 2 * S)->heard_ns, ASKED + 2 * MS);
    expect_failure(ASKED + 2 * S, "x.example", "NODATA");
}

Test(query_failed, a_truncated_answer_is_one_of_two)
{
    ask(ASKED, 1, CS_DNS_A, "x.example");
    ask(ASKED, 2, CS_DNS_AAAA, "x.example");
    answer_truncated(ASKED + MS, 1, CS_DNS_A, 0);
    cr_expect_null(cs_lookups_overdue(&lookups, ASKED + 20 * S), "half of it is to come");
    answer(ASKED + 20 * S, 2, CS_DNS_AAAA, "x.example", DNS_NXDOMAIN);
    expect_failure(ASKED + 22 * S, "x.example", "NXDOMAIN");
}

Test(query_failed, what_follows_a_truncated_answer_may_fail_by_itself)
{
    ask(ASKED, 1, CS_DNS_A, "x.example");
    answer_truncated(ASKED + MS, 1, CS_DNS_A, 0);
    ask(ASKED + S / 2, 9, CS_DNS_A, "x.example");
    cr_expect_null(cs_lookups_overdue(&lookups, ASKED + 20 * S));
    expect_failure(ASKED + 22 * S, "x.example", "timeout");
    cr_expect_null(cs_lookups_overdue(&lookups, ASKED + 60 * S), "one lookup");
}

Test(query_failed, what_follows_its_telling_is_a_lookup_more)
{
    struct cs_lookup *lookup;

    ask(ASKED, 1, CS_DNS_A, "x.example");
    answer_truncated(ASKED + MS, 1, CS_DNS_A, 0);
    lookup = cs_lookups_overdue(&lookups, ASKED + 2 * S);
    cr_assert_not_null(lookup);
    lookup->is_told = true;
    cs_lookups_settle(lookup);
    ask(ASKED + 3 * S, 1, CS_DNS_A, "x.example");
    answer_address(ASKED + 3 * S + MS, 1, "x.example", "192.0.2.1");
    cr_assert_not_null(find("192.0.2.1", ASKED + 4 * S));
    cr_expect_eq(find("192.0.2.1", ASKED + 4 * S)->lookup->start_ns, ASKED + 3 * S);
}
