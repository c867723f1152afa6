/* SPDX-License-Identifier: MIT */
/* Which queries and answers are one lookup, and when it has failed. */
#include "user/dns/lookup.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/harness/dns_build.h"

#define ASKED EV_START
#define TGID  100

static struct cs_lookups lookups;

static void open_table(void)
{
    cs_lookups_init(&lookups, 0);
}

static void close_table(void)
{
    cs_lookups_free(&lookups);
}

TestSuite(query, .init = open_table, .fini = close_table);

static void give(union ev_dns event)
{
    struct cs_dns_message message;

    cr_assert_eq(cs_dns_message_read(event.dns.data, event.dns.data_bytes, &message), 0);
    cs_lookups_message(&lookups, &event.dns, &message);
}

static void ask(uint64_t at_ns, uint16_t id, enum cs_dns_type type, const char *name)
{
    give(ev_query(at_ns, dns_query(id, type, name)));
}

static void answer(uint64_t at_ns, uint16_t id, enum cs_dns_type type, const char *name, int rcode)
{
    give(ev_answer(at_ns, dns_answer(id, type, name, rcode)));
}

static void answer_address(uint64_t at_ns, uint16_t id, const char *name, const char *address)
{
    enum cs_dns_type type = strchr(address, ':') ? CS_DNS_AAAA : CS_DNS_A;

    give(ev_answer(at_ns, dns_address(id, type, name, address)));
}

static struct cs_lookup_address *find(const char *text, uint64_t before_ns)
{
    struct cs_dns_address address;
    uint8_t bytes[4];

    if (inet_pton(AF_INET, text, bytes) == 1)
        cs_dns_address_set_ipv4(&address, bytes);
    else
        inet_pton(AF_INET6, text, address.bytes);
    return cs_lookups_find(&lookups, TGID, &address, before_ns);
}

static void expect_failure(uint64_t now_ns, const char *name, const char *code)
{
    struct cs_lookup *lookup = cs_lookups_overdue(&lookups, now_ns);

    cr_assert_not_null(lookup);
    cr_expect_str_eq(lookup->name, name);
    cr_expect_str_eq(cs_lookup_failure(lookup), code);
    cs_lookups_settle(&lookups, lookup);
}

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
    again.dns.transport = CS_DNS_TCP;
    give(again);
    ask(ASKED + 5 * MS, 2, CS_DNS_AAAA, "x.example");
    again = ev_answer(ASKED + 6 * MS, dns_address(2, CS_DNS_AAAA, "x.example", "2001:db8::1"));
    again.dns.transport = CS_DNS_TCP;
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
    give(ev_answer(ASKED + MS, cut));
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

Test(query, fails_a_second_after_the_last_answer)
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

Test(query, codes)
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

Test(query, times_out_after_the_last_repetition)
{
    ask(ASKED, 1, CS_DNS_A, "x.example");
    ask(ASKED + 5 * S, 1, CS_DNS_A, "x.example");
    cr_expect_null(cs_lookups_overdue(&lookups, ASKED + 11 * S));
    expect_failure(ASKED + 11 * S + 1, "x.example", "timeout");
}

Test(query, the_next_name_of_a_search_list_inherits_the_start)
{
    ask(ASKED, 1, CS_DNS_A, "www.corp.example");
    answer(ASKED + MS, 1, CS_DNS_A, "www.corp.example", DNS_NXDOMAIN);
    ask(ASKED + 2 * MS, 2, CS_DNS_A, "www.example");
    answer_address(ASKED + 3 * MS, 2, "www.example", "192.0.2.1");
    cr_expect_eq(find("192.0.2.1", ASKED + S)->lookup->start_ns, ASKED);
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

Test(query, the_table_is_bounded)
{
    char name[32];

    cs_lookups_free(&lookups);
    cs_lookups_init(&lookups, 3);
    for (unsigned i = 0; i < 9; i++) {
        snprintf(name, sizeof(name), "x%u.example", i);
        ask(ASKED + i, 1, CS_DNS_A, name);
        if (i != 1)
            answer_address(ASKED + i, 1, name, "192.0.2.1");
    }
    cr_expect_eq(lookups.count, 3);
    cr_expect_eq(lookups.lost, 1, "the one that was still waited for");
    cr_expect_str_eq(find("192.0.2.1", ASKED + S)->lookup->name, "x8.example");
    cr_expect_str_eq(find("192.0.2.1", ASKED + 6)->lookup->name, "x6.example");
    cr_expect_null(find("192.0.2.1", ASKED + 5), "forgotten");
}
