/* SPDX-License-Identifier: MIT */
/*
 * How near each lookup is, and of those that are alike which one's turn it is. Nothing is kept
 * here: a connection is asked about again as more is known, and stays where it was noted.
 */
#include "user/fold/nearest.h"

#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define MS 1000000ull

/* Whoever waits for others to look up connects in the order of their answers, within this time: an
 * event loop is that busy at times. What was left longer was not asked for in order to connect. */
#define IN_TURN_NS (50 * MS)
/* But the next address of a race is tried later, and what was tried first is told when it is given
 * up, which may be after the winner (Go waits 300 ms). */
#define RACE_IN_TURN_NS (500 * MS)

uint8_t cs_lookup_number(const struct cs_lookup_address *entry)
{
    return (uint8_t)(entry - entry->lookup->addresses);
}

uint64_t cs_lookup_first(const struct cs_lookup_address *entry)
{
    const struct cs_uses *uses = entry->lookup->uses;

    return uses ? uses->first_ns[cs_lookup_number(entry)] : 0;
}

bool cs_lookup_has(const struct cs_lookup_address *entry, uint64_t start_ns)
{
    const struct cs_uses *uses = entry->lookup->uses;

    return uses && cs_race_has(&uses->race, cs_lookup_number(entry), start_ns);
}

bool cs_lookup_is_named(const char *name, const char *said)
{
    size_t length = said ? strcspn(said, ":") : 0;

    if (length > 1 && said[length - 1] == '.')
        length--;
    return length && length == strlen(name) && !strncasecmp(name, said, length);
}

/* A part of a call of getaddrinfo, which has not returned, or returned without that address. */
static bool is_part(const struct cs_lookup *lookup)
{
    return lookup->in_call && !lookup->is_call;
}

/*
 * Does the thread that connects tell anything? Not where a resolver has a socket for each query, as
 * those of Go and of Rust's runtimes: there whatever asked goes on in any thread.
 */
static bool is_own(const struct cs_lookup *lookup, const struct cs_facts *facts)
{
    return cs_lookup_asked_by(lookup, facts->process.tid) && !cs_lookup_roams(lookup);
}

/* It led to no connection yet: not to this address, and not to another one for good. */
static bool is_unused(const struct cs_lookup_address *entry, const struct cs_facts *facts)
{
    const struct cs_uses *uses = entry->lookup->uses;

    return !uses || (!cs_lookup_first(entry) &&
                     (!uses->established_ns || uses->established_ns > facts->start_ns));
}

/* Another of its addresses is being tried, by the same thread if threads tell. */
static bool is_raced(const struct cs_lookup_address *entry, const struct cs_facts *facts)
{
    const struct cs_uses *uses = entry->lookup->uses;
    struct cs_attempt next = {
        .start_ns = facts->start_ns,
        .tid = cs_lookup_roams(entry->lookup) ? 0 : facts->process.tid,
        .port = facts->remote_port,
        .address = cs_lookup_number(entry),
    };

    return uses && is_unused(entry, facts) && cs_race_goes_on(&uses->race, &next);
}

/*
 * How near a lookup is to a connection, the first that differs decides: it is of the name that the
 * connection says; the connection is noted there; in the last minute the thread that connects made
 * it by a call, which it waited for; the connection is the next of its race; it led to none yet;
 * the thread that connects asked for it by queries, or at any time. Queries come behind what led to
 * none yet, for who sends them may connect by another thread, and asks anew for each connection. A
 * part of a call comes last.
 */
enum {
    SAID = 128,
    NOTED = 64,
    OWN_CALL = 32,
    RACED = 16,
    UNUSED = 8,
    OWN_QUERIES = 4,
    OWN_ONCE = 2,
    WHOLE = 1,
};

static unsigned nearness(const struct cs_lookup_address *entry, const struct cs_facts *facts,
                         const char *said)
{
    const struct cs_lookup *lookup = entry->lookup;
    bool is_fresh = facts->start_ns - entry->answered_ns <= CS_LOOKUP_FRESH_NS;
    unsigned near = WHOLE;

    if (is_part(lookup))
        return 0;
    if (cs_lookup_is_named(lookup->name, said))
        near |= SAID;
    if (cs_lookup_has(entry, facts->start_ns))
        near |= NOTED;
    if (is_fresh && is_unused(entry, facts))
        near |= UNUSED;
    if (is_own(lookup, facts))
        near |= !is_fresh ? OWN_ONCE : lookup->is_call ? OWN_CALL : OWN_QUERIES;
    if (is_fresh && !(near & OWN_CALL) && is_raced(entry, facts))
        near |= RACED;
    return near;
}

/*
 * Both led to no connection yet, and are alike: is it the older one's turn? A thread that looks up
 * for itself connects by what it asked for last, unless it asked for both at once.
 */
static bool is_in_turn(const struct cs_lookup_address *older, const struct cs_lookup_address *newer,
                       const struct cs_facts *facts)
{
    bool may_race = older->lookup->address_count > 1;
    uint64_t waited_ns = facts->start_ns - older->answered_ns;

    if (is_own(older->lookup, facts) &&
        (older->lookup->is_call || newer->lookup->start_ns > older->answered_ns))
        return false;
    return waited_ns <= (may_race ? RACE_IN_TURN_NS : IN_TURN_NS);
}

/* `at` is older than `nearest`. */
static bool is_nearer(const struct cs_lookup_address *at, unsigned near,
                      const struct cs_lookup_address *nearest, unsigned most,
                      const struct cs_facts *facts)
{
    if (near != most)
        return near > most;
    return near & RACED || (near & UNUSED && is_in_turn(at, nearest, facts));
}

struct cs_lookup_address *cs_lookup_nearest(const struct cs_lookups *lookups,
                                            const struct cs_facts *facts, const char *said)
{
    struct cs_lookup_address *at, *nearest = NULL;
    struct cs_dns_address address;
    unsigned most = 0;

    if (facts->family == AF_INET)
        cs_dns_address_set_ipv4(&address, facts->remote_address);
    else
        memcpy(address.bytes, facts->remote_address, sizeof(address.bytes));
    at = cs_lookups_find(lookups, facts->process.tgid, &address, facts->start_ns);
    for (; at; at = at->older) {
        unsigned near = at->answered_ns <= facts->start_ns ? nearness(at, facts, said) : 0;

        if (nearest && !is_nearer(at, near, nearest, most, facts))
            continue;
        nearest = at;
        most = near;
    }
    return nearest;
}
