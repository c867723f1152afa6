/* SPDX-License-Identifier: MIT */
/* The table of lookups is bounded; what finds no room, and might have served, is counted. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/dns/queries.h"

TestSuite(table, .init = open_table, .fini = close_table);

Test(table, the_table_is_bounded)
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
    cr_expect_eq(lookups.lost, 6);
    cr_expect_str_eq(find("192.0.2.1", ASKED + S)->lookup->name, "x8.example");
    cr_expect_str_eq(find("192.0.2.1", ASKED + 6)->lookup->name, "x6.example");
    cr_expect_null(find("192.0.2.1", ASKED + 5), "forgotten");
}

Test(table, what_is_old_is_forgotten_without_a_loss)
{
    uint64_t later = ASKED + 2 * CS_LOOKUP_FRESH_NS;

    cs_lookups_free(&lookups);
    cs_lookups_init(&lookups, 2);
    ask(ASKED, 1, CS_DNS_A, "used.example");
    answer_address(ASKED, 1, "used.example", "192.0.2.1");
    ask(ASKED, 1, CS_DNS_A, "open.example");
    ask(later, 1, CS_DNS_A, "x.example");
    cr_expect_eq(lookups.lost, 0);
    ask(later, 1, CS_DNS_A, "y.example");
    cr_expect_eq(lookups.lost, 1, "the one that was still waited for");
}

/* A connection has its marks already, or its failure was told. */
Test(table, what_has_served_is_forgotten_without_a_loss)
{
    cs_lookups_free(&lookups);
    cs_lookups_init(&lookups, 2);
    ask(ASKED, 1, CS_DNS_A, "used.example");
    answer_address(ASKED, 1, "used.example", "192.0.2.1");
    find("192.0.2.1", ASKED)->lookup->uses = calloc(1, 1);
    ask(ASKED, 1, CS_DNS_A, "none.example");
    answer(ASKED, 1, CS_DNS_A, "none.example", DNS_NXDOMAIN);
    expect_failure(ASKED + 2 * S, "none.example", "NXDOMAIN");
    ask(ASKED + 2 * S, 1, CS_DNS_A, "x.example");
    ask(ASKED + 2 * S, 1, CS_DNS_A, "y.example");
    cr_expect_eq(lookups.lost, 0);
    ask(ASKED + 2 * S, 1, CS_DNS_A, "z.example");
    cr_expect_eq(lookups.lost, 1);
}

Test(table, an_address_has_a_bounded_number_of_names)
{
    enum { KEPT = 64 };
    char name[32];

    for (unsigned i = 0; i < KEPT + 3; i++) {
        uint64_t at =
            i ? ASKED + CS_LOOKUP_FRESH_NS + i : ASKED; /* the first is too old to serve */

        snprintf(name, sizeof(name), "x%u.example", i);
        ask(at, 1, CS_DNS_A, name);
        answer_address(at, 1, name, "192.0.2.1");
        if (i == 1)
            find("192.0.2.1", at)->lookup->uses = calloc(1, 1); /* this one has served */
    }
    cr_expect_eq(lookups.lost, 1);
}

Test(table, addresses_that_find_no_room_are_counted)
{
    struct dns_bytes bytes = dns_answer(1, CS_DNS_A, "x.example", 0);
    char address[16];

    for (unsigned i = 0; i < CS_DNS_ADDRESSES; i++) {
        snprintf(address, sizeof(address), "192.0.2.%u", i);
        dns_add_address(&bytes, "x.example", address);
    }
    ask(ASKED, 1, CS_DNS_A, "x.example");
    ask(ASKED, 2, CS_DNS_AAAA, "x.example");
    give(ev_answer(ASKED + MS, bytes));
    cr_expect_eq(lookups.lost, 0);
    answer_address(ASKED + MS, 2, "x.example", "2001:db8::1");
    cr_expect_eq(lookups.lost, 1);
}

Test(table, of_lookups_of_one_name_the_oldest_is_forgotten)
{
    cs_lookups_free(&lookups);
    cs_lookups_init(&lookups, 2);
    for (uint32_t i = 0; i < 3; i++) {
        union ev_dns query = ev_query(ASKED + i, dns_query(1, CS_DNS_A, "x.example"));

        query.dns.process.tid += i;
        query.dns.socket += i;
        give(query);
    }
    for (uint32_t i = 0; i < 3; i++) {
        union ev_dns event =
            ev_answer(ASKED + MS + i, dns_address(1, CS_DNS_A, "x.example", "192.0.2.1"));

        event.dns.socket += i;
        give(event);
    }
    cr_expect_eq(lookups.count, 2);
    cr_expect_null(find("192.0.2.1", ASKED + MS), "nobody waits for it any more");
    cr_expect_eq(find("192.0.2.1", ASKED + MS + 1)->lookup->start_ns, ASKED + 1);
    cr_expect_eq(find("192.0.2.1", ASKED + MS + 2)->lookup->start_ns, ASKED + 2);
}
