/* SPDX-License-Identifier: MIT */
/* What the connections of a lookup did so far is kept beside it: the first has its marks. */
#include "user/fold/lookup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "user/fold/race.h"

/* A resolver's own connection: nobody looked up whom to ask. */
enum { DNS_PORT = 53 };

/* A connection that comes later than this after its lookup was made for another reason. */
#define FRESH_NS (60 * 1000000000ull)

struct cs_uses {
    uint64_t first_ns[CS_DNS_ADDRESSES]; /* connectStart of the first to each address */
    uint64_t established_ns;             /* of the first to any */
    struct cs_race race;
};

void cs_resolver_init(struct cs_resolver *resolver)
{
    *resolver = (struct cs_resolver){0};
    cs_lookups_init(&resolver->lookups, 0);
}

void cs_resolver_free(struct cs_resolver *resolver)
{
    cs_lookups_free(&resolver->lookups);
    cs_dns_streams_free(&resolver->streams);
}

static void on_message(void *context, const struct cs_event_dns *piece, const uint8_t *data,
                       size_t length)
{
    struct cs_resolver *resolver = context;
    struct cs_dns_message message;
    int err = cs_dns_message_read(data, length, &message);

    if (!err)
        cs_lookups_message(&resolver->lookups, piece, &message);
    resolver->lost += err == -EBADMSG;
}

void cs_resolver_dns(struct cs_resolver *resolver, const struct cs_event_dns *event)
{
    resolver->lost += cs_dns_streams_feed(&resolver->streams, event, on_message, resolver);
}

void cs_resolver_call(struct cs_resolver *resolver, const struct cs_event_lookup *event)
{
    cs_lookups_call(&resolver->lookups, event);
}

static struct cs_lookup_address *lookup_of(const struct cs_resolver *resolver,
                                           const struct cs_facts *facts)
{
    struct cs_dns_address address;

    if (facts->remote_port == DNS_PORT || facts->role != CS_ROLE_CLIENT || !facts->process.tgid ||
        !facts->start_ns)
        return NULL;
    if (facts->family == AF_INET)
        cs_dns_address_set_ipv4(&address, facts->remote_address);
    else
        memcpy(address.bytes, facts->remote_address, sizeof(address.bytes));
    return cs_lookups_find(&resolver->lookups, facts->process.tgid, &address, facts->start_ns);
}

static void keep_least(uint64_t *least_ns, uint64_t ns)
{
    if (ns && (!*least_ns || ns < *least_ns))
        *least_ns = ns;
}

void cs_resolver_note(struct cs_resolver *resolver, const struct cs_event_connection *event)
{
    struct cs_lookup_address *entry = lookup_of(resolver, &event->facts);
    struct cs_uses *uses;

    if (!entry)
        return;
    if (!entry->lookup->uses)
        entry->lookup->uses = calloc(1, sizeof(*uses));
    uses = entry->lookup->uses;
    if (!uses) {
        resolver->lost++;
        return;
    }
    keep_least(&uses->first_ns[entry - entry->lookup->addresses], event->facts.start_ns);
    keep_least(&uses->established_ns, event->facts.established_ns);
    cs_race_note(&uses->race, (uint8_t)(entry - entry->lookup->addresses), event);
}

/*
 * The lookup's marks belong to the connection it was made for: to the first, and while none is
 * established to the first of each other address. What comes later found the address in a cache.
 */
static bool has_marks(const struct cs_lookup_address *entry, uint64_t start_ns)
{
    const struct cs_uses *uses = entry->lookup->uses;
    uint64_t first_ns = uses ? uses->first_ns[entry - entry->lookup->addresses] : 0;
    uint64_t established_ns = uses ? uses->established_ns : 0;

    return start_ns - entry->answered_ns <= FRESH_NS && (!first_ns || start_ns <= first_ns) &&
           (!established_ns || start_ns <= established_ns);
}

void cs_resolver_join(struct cs_resolver *resolver, struct cs_record *record)
{
    struct cs_lookup_address *entry = lookup_of(resolver, &record->facts);

    if (!entry)
        return;
    record->lookup.name = entry->lookup->name;
    if (record->late || !has_marks(entry, record->facts.start_ns))
        return;
    record->lookup.start_ns = entry->lookup->start_ns;
    record->lookup.end_ns = entry->answered_ns;
}

bool cs_resolver_judge(const struct cs_resolver *resolver, struct cs_record *record)
{
    const struct cs_lookup_address *entry;
    const struct cs_uses *uses;

    if (!record->lookup.name || record->late)
        return true;
    entry = lookup_of(resolver, &record->facts);
    uses = entry ? entry->lookup->uses : NULL;
    if (!uses || entry->lookup->address_count < 2)
        return true;
    return cs_race_judge(&uses->race, (uint8_t)(entry - entry->lookup->addresses),
                         entry->answered_ns, record);
}

static void tell_failure(const struct cs_lookup *lookup, uint64_t failed_ns,
                         struct cs_record *record)
{
    *record = (struct cs_record){
        .id = lookup->id,
        .facts = {.process = lookup->process, .netns = lookup->netns, .role = CS_ROLE_CLIENT},
        .outcome = CONNSPAN_FAILED,
        .done_ns = failed_ns,
        .failed_ns = failed_ns,
        .error_phase = "dns",
        .error_code = cs_lookup_failure(lookup),
        .lookup = {lookup->name, lookup->start_ns, failed_ns},
    };
}

bool cs_resolver_failed(struct cs_resolver *resolver, uint64_t now_ns, bool at_end,
                        struct cs_record *record)
{
    struct cs_lookup *lookup = cs_lookups_overdue(&resolver->lookups, now_ns);
    uint64_t failed_ns;

    if (!lookup && at_end)
        lookup = cs_lookups_failed(&resolver->lookups);
    if (!lookup)
        return false;
    failed_ns = lookup->heard_ns;
    if (lookup->state == CS_LOOKUP_WAITING)
        failed_ns += CS_DNS_ANSWER_NS;
    lookup->is_told = true;
    cs_lookups_settle(&resolver->lookups, lookup);
    tell_failure(lookup, failed_ns, record);
    return true;
}

bool cs_resolver_waits(const struct cs_resolver *resolver)
{
    return !TAILQ_EMPTY(&resolver->lookups.states[CS_LOOKUP_WAITING]) ||
           !TAILQ_EMPTY(&resolver->lookups.states[CS_LOOKUP_FAILED]);
}

uint64_t cs_resolver_lost(const struct cs_resolver *resolver)
{
    return resolver->lost + resolver->lookups.lost;
}
