/* SPDX-License-Identifier: MIT */
/*
 * Several lookups of a process may have been answered by one address: which of them a connection to
 * it was made by. No packet says so; what the connections of each did so far tells most of it.
 */
#pragma once

#include "user/dns/lookup.h"
#include "user/fold/race.h"

/* What is kept beside a lookup, as its `uses`; NULL: no connection was noted there yet. */
struct cs_uses {
    uint64_t first_ns[CS_DNS_ADDRESSES]; /* connectStart of the first to each address */
    uint64_t established_ns;             /* of the first to any */
    struct cs_race race;
};

/* `said`: the host that the connection says it is for, maybe with a port; NULL: none. The result is
 * NULL where the process was not answered by that address before. */
struct cs_lookup_address *cs_lookup_nearest(const struct cs_lookups *lookups,
                                            const struct cs_facts *facts, const char *said);

/* Which of its lookup's addresses. */
uint8_t cs_lookup_number(const struct cs_lookup_address *entry);
/* When the first of its connections to that address began; 0: there is none yet. */
uint64_t cs_lookup_first(const struct cs_lookup_address *entry);
/* Is the connection that began then noted there? */
bool cs_lookup_has(const struct cs_lookup_address *entry, uint64_t start_ns);
bool cs_lookup_is_named(const char *name, const char *said);
