/* SPDX-License-Identifier: MIT */
/*
 * DNS messages and the records that carry them. Everything is the business of the process of
 * ev_facts(), pid 100, unless a test says otherwise.
 */
#pragma once

#include "tests/harness/events.h"
#include "user/dns/message.h"

enum { DNS_BYTES = 1024, DNS_SOCKET = 900, DNS_NXDOMAIN = 3, DNS_SERVFAIL = 2, DNS_REFUSED = 5 };

struct dns_bytes {
    uint8_t data[DNS_BYTES];
    size_t length;
};

union ev_dns {
    struct cs_event event;
    struct cs_event_dns dns;
    uint8_t room[sizeof(struct cs_event_dns) + DNS_BYTES + 8];
};

struct dns_bytes dns_query(uint16_t id, enum cs_dns_type type, const char *name);
struct dns_bytes dns_answer(uint16_t id, enum cs_dns_type type, const char *name, int rcode);
void dns_truncate(struct dns_bytes *bytes);
/* Records of the answer section, owned by `owner`. */
void dns_add_alias(struct dns_bytes *bytes, const char *owner, const char *target);
void dns_add_address(struct dns_bytes *bytes, const char *owner, const char *address);

/* An answer with one address of the question's type. */
struct dns_bytes dns_address(uint16_t id, enum cs_dns_type type, const char *name,
                             const char *address);

/* By UDP, whole. */
union ev_dns ev_query(uint64_t at_ns, struct dns_bytes bytes);
union ev_dns ev_answer(uint64_t at_ns, struct dns_bytes bytes);

/* A call of getaddrinfo that returned that address, or with NULL that error. */
struct cs_event_lookup ev_lookup(uint64_t start_ns, uint64_t at_ns, const char *name,
                                 const char *address, int error);
