/* SPDX-License-Identifier: MIT */
/*
 * Which lookup a connection was made by: DNS records in, names and marks on records out. A lookup
 * is a connection's when the same process was answered by the connection's peer before it called
 * connect(), and no other such lookup is nearer. Lookups that fail and are not tried again become
 * records of their own.
 */
#pragma once

#include "user/dns/lookup.h"
#include "user/dns/stream.h"
#include "user/fold/record.h"

struct cs_resolver {
    struct cs_lookups lookups;
    struct cs_dns_streams streams;
    uint64_t lost;
};

void cs_resolver_init(struct cs_resolver *resolver);
void cs_resolver_free(struct cs_resolver *resolver);

void cs_resolver_dns(struct cs_resolver *resolver, const struct cs_event_dns *event);

void cs_resolver_call(struct cs_resolver *resolver, const struct cs_event_lookup *event);

/* A connection began, as its first record says; told before any of it is joined. */
void cs_resolver_note(struct cs_resolver *resolver, const struct cs_event_connection *event);

/*
 * Fills the record's lookup, or corrects it where the record says by now whom it is for. What it
 * points to lives until the next event.
 */
void cs_resolver_join(struct cs_resolver *resolver, struct cs_record *record);

/* Decides whether it ran in a race of addresses (race.h); false: it cannot be told yet. */
bool cs_resolver_judge(const struct cs_resolver *resolver, struct cs_record *record);

/* True: the next lookup that failed for good by then, made a record; at the end, whatever failed.
 */
bool cs_resolver_failed(struct cs_resolver *resolver, uint64_t now_ns, bool at_end,
                        struct cs_record *record);

/* Lookups whose fate time will decide. */
bool cs_resolver_waits(const struct cs_resolver *resolver);
/* Total for CS_LOSS_DNS. */
uint64_t cs_resolver_lost(const struct cs_resolver *resolver);
