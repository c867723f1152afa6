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

/* "192.0.2.1", "fe80::1%eth0": there is nothing to look up. */
static bool is_numeric(const char *name)
{
    char text[INET6_ADDRSTRLEN];
    uint8_t bytes[16];
    size_t length = strcspn(name, "%");

    if (inet_pton(AF_INET, name, bytes) == 1)
        return true;
    if (length >= sizeof(text))
        return false;
    memcpy(text, name, length);
    text[length] = '\0';
    return inet_pton(AF_INET6, text, bytes) == 1;
}

static bool is_part(const struct cs_lookup *lookup, const struct cs_event_lookup *event)
{
    return !lookup->is_call && lookup->process.tgid == event->process.tgid &&
           lookup->process.tid == event->process.tid && lookup->start_ns >= event->start_ns &&
           lookup->start_ns <= event->event.ts_ns;
}

/* What the queries of the call came to, the last of them; NULL: it sent none that failed. */
static const char *take_parts(struct cs_lookups *lookups, const struct cs_event_lookup *event)
{
    const char *failure = NULL;

    for (int state = CS_LOOKUP_WAITING; state < CS_LOOKUP_STATE_COUNT; state++) {
        struct cs_lookup *at, *next;

        for (at = TAILQ_FIRST(&lookups->states[state]); at; at = next) {
            next = TAILQ_NEXT(at, by_state);
            if (!is_part(at, event))
                continue;
            failure = cs_lookup_failure(at);
            cs_lookups_settle(lookups, at);
        }
    }
    return failure;
}

/* The same name of before: told already as this very failure, or not of interest any more. */
static bool settle_before(struct cs_lookups *lookups, const struct cs_event_lookup *event,
                          const char *name)
{
    struct cs_lookup *before = cs_lookups_named(lookups, event->process.tgid, name);

    if (!before)
        return false;
    cs_lookups_settle(lookups, before);
    return before->is_told && before->start_ns >= event->start_ns;
}

/* All zeroes is "any", or of a family that is not the Internet's. */
static void add_addresses(struct cs_lookups *lookups, struct cs_lookup *lookup,
                          const struct cs_event_lookup *event)
{
    static const struct cs_dns_address none;

    for (unsigned i = 0; i < event->address_count; i++) {
        const struct cs_dns_address *address = (const void *)event->addresses[i];

        if (memcmp(address, &none, sizeof(none)) != 0)
            cs_lookups_add_address(lookups, lookup, address, event->event.ts_ns);
    }
}

void cs_lookups_call(struct cs_lookups *lookups, const struct cs_event_lookup *event)
{
    const char *failure = event->error ? failure_of(event->error) : NULL;
    const char *parts = take_parts(lookups, event);
    char name[CS_DNS_NAME_BYTES];
    struct cs_lookup *lookup;
    bool was_told;

    cs_dns_name_copy(name, event->name);
    if (!name[0] || is_numeric(name) || (event->error && !failure))
        return;
    was_told = settle_before(lookups, event, name);
    lookup = cs_lookups_new(lookups, event->process.tgid, name);
    if (!lookup)
        return;
    lookup->is_call = true;
    lookup->id = event->event.conn_id;
    lookup->process = event->process;
    lookup->netns = event->netns;
    lookup->start_ns = event->start_ns;
    lookup->failure = parts ? parts : failure;
    add_addresses(lookups, lookup, event);
    cs_lookups_watch(lookups, lookup,
                     event->error && !was_told ? CS_LOOKUP_FAILED : CS_LOOKUP_SETTLED,
                     event->event.ts_ns);
}
