/* SPDX-License-Identifier: MIT */
/* A process asks and is answered, for the tests of lookups. */
#pragma once

#include "user/dns/lookup.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <string.h>

#include "tests/harness/dns_build.h"

#define ASKED EV_START
#define TGID  100

static struct cs_lookups lookups;

static inline void open_table(void)
{
    cs_lookups_init(&lookups, 0);
}

static inline void close_table(void)
{
    cs_lookups_free(&lookups);
}

static inline void give(union ev_dns event)
{
    struct cs_dns_message message;

    cr_assert_eq(cs_dns_message_read(event.dns.data, event.dns.data_bytes, &message), 0);
    cs_lookups_message(&lookups, &event.dns, &message);
}

static inline void ask(uint64_t at_ns, uint16_t id, enum cs_dns_type type, const char *name)
{
    give(ev_query(at_ns, dns_query(id, type, name)));
}

static inline void answer(uint64_t at_ns, uint16_t id, enum cs_dns_type type, const char *name,
                          int rcode)
{
    give(ev_answer(at_ns, dns_answer(id, type, name, rcode)));
}

static inline void answer_address(uint64_t at_ns, uint16_t id, const char *name,
                                  const char *address)
{
    enum cs_dns_type type = strchr(address, ':') ? CS_DNS_AAAA : CS_DNS_A;

    give(ev_answer(at_ns, dns_address(id, type, name, address)));
}

static inline struct cs_lookup_address *find(const char *text, uint64_t before_ns)
{
    struct cs_dns_address address;
    uint8_t bytes[4];

    if (inet_pton(AF_INET, text, bytes) == 1)
        cs_dns_address_set_ipv4(&address, bytes);
    else
        inet_pton(AF_INET6, text, address.bytes);
    return cs_lookups_find(&lookups, TGID, &address, before_ns);
}

static inline void expect_failure(uint64_t now_ns, const char *name, const char *code)
{
    struct cs_lookup *lookup = cs_lookups_overdue(&lookups, now_ns);

    cr_assert_not_null(lookup);
    cr_expect_str_eq(lookup->name, name);
    cr_expect_str_eq(cs_lookup_failure(lookup), code);
    cs_lookups_settle(lookup);
}
