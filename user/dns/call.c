/* SPDX-License-Identifier: MIT */
/*
 * A call of getaddrinfo(3) is a lookup with the program's own marks. The queries that the same
 * thread sent meanwhile are parts of it; of a failure they know more than the call returns.
 */
#include "user/dns/lookup.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <string.h>

/* NULL: it did not fail for want of an address, it was called wrongly. */
static const char *failure_of(int error)
{
    switch (error) {
    case EAI_NONAME:
        return "EAI_NONAME";
    case EAI_AGAIN:
        return "EAI_AGAIN";
    case EAI_FAIL:
        return "EAI_FAIL";
    case EAI_SYSTEM:
        return "EAI_SYSTEM";
    case -5: /* glibc's and musl's EAI_NODATA, which POSIX has not */
        return "EAI_NODATA";
    case -9:
        return "EAI_ADDRFAMILY";
    default:
        return NULL;
    }
}

/* "192.0.2.1", "0x7f.1", "fe80::1%eth0": there is nothing to look up. */
static bool is_numeric(const char *name)
{
    struct in_addr address;

    return strchr(name, ':') || inet_aton(name, &address);
}

/* What a call's queries came to so far. */
struct parts {
    const char *failure; /* of the last of them; NULL: none that failed is known */
    bool go_on;          /* another thread asks for the same, and waits */
};

/* Did the thread of the call ask it meanwhile? */
static bool is_part(const struct cs_lookup *lookup, const struct cs_event_lookup *event)
{
    if (lookup->is_call || lookup->process.tgid != event->process.tgid)
        return false;
    for (unsigned i = 0; i < cs_lookup_queries(lookup); i++) {
        const struct cs_lookup_query *query = &lookup->queries[i];

        if (query->tid == event->process.tid && query->asked_ns >= event->start_ns &&
            query->asked_ns <= event->event.ts_ns)
            return true;
    }
    return false;
}

static bool is_shared(const struct cs_lookup *lookup, const struct cs_event_lookup *event)
{
    for (unsigned i = 0; i < cs_lookup_queries(lookup); i++) {
        if (lookup->queries[i].tid != event->process.tid)
            return true;
    }
    return false;
}

static const char *failure_of_part(const struct cs_lookup *part,
                                   const struct cs_event_lookup *event)
{
    bool is_brief = event->event.ts_ns - part->heard_ns < CS_DNS_LEAST_WAIT_NS; /* ICMP */

    return part->state == CS_LOOKUP_WAITING && is_brief ? NULL : cs_lookup_failure(part);
}

static void take_parts(struct cs_lookups *lookups, struct cs_lookup_list *list,
                       const struct cs_event_lookup *event, struct parts *parts)
{
    struct cs_lookup *at, *next;

    for (at = TAILQ_FIRST(list); at; at = next) {
        const char *failure;

        next = TAILQ_NEXT(at, by_state);
        if (!is_part(at, event))
            continue;
        if (at->state == CS_LOOKUP_WAITING && is_shared(at, event)) {
            parts->go_on = true;
            continue;
        }
        failure = failure_of_part(at, event);
        parts->failure = failure ? failure : parts->failure;
        cs_lookups_forget(lookups, at);
    }
}

static struct parts take_all_parts(struct cs_lookups *lookups, const struct cs_event_lookup *event)
{
    struct parts parts = {0};

    for (int state = CS_LOOKUP_WAITING; state < CS_LOOKUP_STATE_COUNT; state++) {
        take_parts(lookups, &lookups->lists[state], event, &parts);
        take_parts(lookups, &lookups->calling[state], event, &parts);
    }
    return parts;
}

static struct cs_lookup_address *find_part(const struct cs_lookups *lookups,
                                           const struct cs_event_lookup *event,
                                           const struct cs_dns_address *address)
{
    struct cs_lookup_address *at =
        cs_lookups_find(lookups, event->process.tgid, address, event->event.ts_ns);

    while (at && !is_part(at->lookup, event))
        at = at->older;
    return at;
}

/* The call answers in the stead of its parts, which would be one more lookup of the address, and
 * one more in the table. */
static void take_answers(struct cs_lookups *lookups, const struct cs_event_lookup *event,
                         const struct cs_dns_address *address)
{
    struct cs_lookup_address *part;

    while ((part = find_part(lookups, event, address))) {
        if (part->lookup->uses)
            cs_lookups_unchain(lookups, part);
        else
            cs_lookups_forget(lookups, part->lookup);
    }
}

/* All zeroes is "any", or of a family that is not the Internet's. */
static void add_addresses(struct cs_lookups *lookups, struct cs_lookup *lookup,
                          const struct cs_event_lookup *event)
{
    static const struct cs_dns_address none;

    for (unsigned i = 0; i < event->address_count; i++) {
        const struct cs_dns_address *address = (const void *)event->addresses[i];

        if (!memcmp(address, &none, sizeof(none)))
            continue;
        take_answers(lookups, event, address);
        cs_lookups_add_address(lookups, lookup, address, event->event.ts_ns);
    }
}

/* What one call found is of one family, what the other found of the other. */
static bool complements(const struct cs_lookup *lookup, const struct cs_event_lookup *event)
{
    bool is_ipv4 = IN6_IS_ADDR_V4MAPPED(&lookup->addresses[0].address);

    for (unsigned i = 1; i < lookup->address_count; i++) {
        if (IN6_IS_ADDR_V4MAPPED(&lookup->addresses[i].address) != is_ipv4)
            return false;
    }
    for (unsigned i = 0; i < event->address_count; i++) {
        if (IN6_IS_ADDR_V4MAPPED(event->addresses[i]) == is_ipv4)
            return false;
    }
    return true;
}

static bool is_meanwhile(const struct cs_lookup *before, const struct cs_event_lookup *event)
{
    return before && before->is_call && before->process.tid != event->process.tid &&
           before->heard_ns > event->start_ns;
}

/*
 * Another thread asked for the same name meanwhile (`before`): RFC 8305 has clients that ask for A
 * and AAAA by a call each. They are one lookup, which failed if neither has an address. True: the
 * call adds nothing more to it.
 */
static bool join_before(struct cs_lookups *lookups, struct cs_lookup *before,
                        const struct cs_event_lookup *event)
{
    if (!is_meanwhile(before, event))
        return false;
    if (event->error && before->address_count)
        return true;
    if (!before->address_count) {
        cs_lookups_settle(before);
        return false;
    }
    if (!complements(before, event)) /* each its own: they may lead to a connection each */
        return false;
    if (event->start_ns < before->start_ns)
        before->start_ns = event->start_ns;
    add_addresses(lookups, before, event);
    return true;
}

static void add_call(struct cs_lookups *lookups, const struct cs_event_lookup *event,
                     const char *name, const char *failure)
{
    struct cs_lookup *lookup =
        cs_lookups_new(lookups, event->process.tgid, name, event->event.ts_ns);

    if (!lookup)
        return;
    lookup->is_call = true;
    lookup->id = event->event.conn_id;
    lookup->process = event->process;
    lookup->netns = event->netns;
    lookup->start_ns = event->start_ns;
    lookup->failure = failure;
    add_addresses(lookups, lookup, event);
    if (lookup->address_count)
        cs_lookups_forgive(lookups, lookup);
    cs_lookups_watch(lookups, lookup, failure ? CS_LOOKUP_FAILED : CS_LOOKUP_SETTLED,
                     event->event.ts_ns);
}

void cs_lookups_call(struct cs_lookups *lookups, const struct cs_event_lookup *event)
{
    const char *failure = event->error ? failure_of(event->error) : NULL;
    struct parts parts = take_all_parts(lookups, event);
    char name[CS_DNS_NAME_BYTES];
    struct cs_lookup *before;

    cs_dns_name_copy(name, event->name);
    if (!name[0] || is_numeric(name) || (event->error && !failure))
        return;
    before = cs_lookups_named(lookups, event->process.tgid, name);
    if ((failure && parts.go_on) || join_before(lookups, before, event))
        return;
    if (failure && (parts.failure || is_meanwhile(before, event)))
        failure = parts.failure ? parts.failure : before->failure;
    if (before && before->is_told && !before->is_call && before->start_ns >= event->start_ns)
        failure = NULL; /* as a query without an answer; this is what became of it */
    add_call(lookups, event, name, failure);
}
