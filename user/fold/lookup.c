/* SPDX-License-Identifier: MIT */
/*
 * What the connections of a lookup did so far is kept beside it: the first has its marks. Each is
 * noted at the lookup that is nearest to it (nearest.h) as far as is known when its first record
 * comes, and moves when it says itself whom it is for.
 */
#include "user/fold/lookup.h"

#include <errno.h>
#include <stdlib.h>

#include "user/fold/nearest.h"

/* A resolver's own connection: nobody looked up whom to ask. */
enum { DNS_PORT = 53 };

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
                                           const struct cs_facts *facts, const char *said)
{
    if (facts->remote_port == DNS_PORT || facts->role != CS_ROLE_CLIENT || !facts->process.tgid ||
        !facts->start_ns)
        return NULL;
    return cs_lookup_nearest(&resolver->lookups, facts, said);
}

/* NULL: out of memory. */
static struct cs_uses *uses_of(struct cs_resolver *resolver, struct cs_lookup *lookup)
{
    if (!lookup->uses)
        lookup->uses = calloc(1, sizeof(struct cs_uses));
    resolver->lost += !lookup->uses;
    return lookup->uses;
}

static void keep_least(uint64_t *least_ns, uint64_t ns)
{
    if (ns && (!*least_ns || ns < *least_ns))
        *least_ns = ns;
}

void cs_resolver_note(struct cs_resolver *resolver, const struct cs_event_connection *event)
{
    struct cs_lookup_address *entry = lookup_of(resolver, &event->facts, NULL);
    struct cs_uses *uses = entry ? uses_of(resolver, entry->lookup) : NULL;

    if (!uses)
        return;
    keep_least(&uses->first_ns[cs_lookup_number(entry)], event->facts.start_ns);
    keep_least(&uses->established_ns, event->facts.established_ns);
    cs_race_note(&uses->race, cs_lookup_number(entry), event);
}

/* As if the connection, which is noted there, had not been. */
static struct cs_attempt withdraw(struct cs_uses *uses, uint8_t address, uint64_t start_ns)
{
    struct cs_attempt attempt = cs_race_take(&uses->race, address, start_ns);

    if (uses->first_ns[address] == start_ns)
        uses->first_ns[address] = 0;
    if (uses->established_ns == attempt.established_ns)
        uses->established_ns = 0;
    for (int i = 0; i < CS_RACE_ATTEMPTS; i++) {
        const struct cs_attempt *at = &uses->race.attempts[i];

        if (at->address == address)
            keep_least(&uses->first_ns[address], at->start_ns);
        keep_least(&uses->established_ns, at->established_ns);
    }
    return attempt;
}

static void move(struct cs_resolver *resolver, struct cs_lookup_address *from,
                 struct cs_lookup_address *to, uint64_t start_ns)
{
    struct cs_uses *uses = uses_of(resolver, to->lookup);
    struct cs_attempt attempt;

    if (!uses)
        return;
    attempt = withdraw(from->lookup->uses, cs_lookup_number(from), start_ns);
    attempt.address = cs_lookup_number(to);
    keep_least(&uses->first_ns[attempt.address], attempt.start_ns);
    keep_least(&uses->established_ns, attempt.established_ns);
    cs_race_add(&uses->race, &attempt);
}

/*
 * The lookup's marks belong to the connection it was made for: to the first, and while none is
 * established to the first of each other address. What comes later found the address in a cache.
 */
static bool has_marks(const struct cs_lookup_address *entry, uint64_t start_ns)
{
    const struct cs_uses *uses = entry->lookup->uses;
    uint64_t established_ns = uses ? uses->established_ns : 0;
    uint64_t first_ns = cs_lookup_first(entry);

    return start_ns - entry->answered_ns <= CS_LOOKUP_FRESH_NS &&
           (!first_ns || start_ns <= first_ns) && (!established_ns || start_ns <= established_ns);
}

/* Most resolvers return when A and AAAA are answered, whichever has the address. */
static uint64_t end_of(const struct cs_lookup_address *entry, uint64_t start_ns)
{
    uint64_t end_ns = entry->answered_ns;

    for (int type = 0; type < CS_DNS_TYPE_COUNT; type++) {
        uint64_t answered_ns = entry->lookup->answered_ns[type];

        if (answered_ns > end_ns && answered_ns <= start_ns)
            end_ns = answered_ns;
    }
    return end_ns;
}

/* By which name the connection says it wants its peer: whoever shares the address says another. */
static const char *said_by(const struct cs_record *record)
{
    if (record->proxy_server_name)
        return record->proxy_server_name;
    if (record->tls.present && record->tls.wire.server_name[0])
        return record->tls.wire.server_name;
    return record->request ? record->request->url.authority : NULL;
}

void cs_resolver_join(struct cs_resolver *resolver, struct cs_record *record)
{
    uint64_t start_ns = record->facts.start_ns;
    const char *said = said_by(record);
    struct cs_lookup_address *entry = lookup_of(resolver, &record->facts, said);
    struct cs_lookup_address *noted = said ? lookup_of(resolver, &record->facts, NULL) : entry;

    if (!entry || (record->lookup.name && !cs_lookup_is_named(entry->lookup->name, said)))
        return;
    if (entry != noted && cs_lookup_has(noted, start_ns))
        move(resolver, noted, entry, start_ns);
    record->lookup = (struct cs_lookup_record){.name = entry->lookup->name};
    if (record->late || !has_marks(entry, start_ns))
        return;
    record->lookup.start_ns = entry->lookup->start_ns;
    record->lookup.end_ns = end_of(entry, start_ns);
}

bool cs_resolver_judge(const struct cs_resolver *resolver, struct cs_record *record)
{
    const struct cs_lookup_address *entry;
    const struct cs_uses *uses;

    if (!record->lookup.name || record->late)
        return true;
    entry = lookup_of(resolver, &record->facts, record->lookup.name);
    uses = entry ? entry->lookup->uses : NULL;
    if (!uses || entry->lookup->address_count < 2)
        return true;
    return cs_race_judge(&uses->race, cs_lookup_number(entry),
                         end_of(entry, record->facts.start_ns), record);
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

/* It waited for an answer to the end of the run. */
static void tell_unfinished(const struct cs_lookup *lookup, uint64_t now_ns,
                            struct cs_record *record)
{
    tell_failure(lookup, now_ns, record);
    record->outcome = CONNSPAN_UNFINISHED;
    record->failed_ns = 0;
    record->error_phase = record->error_code = NULL;
}

bool cs_resolver_failed(struct cs_resolver *resolver, uint64_t now_ns, bool at_end,
                        struct cs_record *record)
{
    struct cs_lookup *overdue = cs_lookups_overdue(&resolver->lookups, now_ns), *lookup = overdue;

    if (!overdue && at_end)
        lookup = cs_lookups_overdue(&resolver->lookups, UINT64_MAX);
    if (!lookup)
        return false;
    lookup->is_told = true;
    if (lookup->state == CS_LOOKUP_FAILED)
        tell_failure(lookup, lookup->heard_ns, record);
    else if (overdue)
        tell_failure(lookup, lookup->heard_ns + CS_DNS_GIVEN_UP_NS, record);
    else
        tell_unfinished(lookup, now_ns, record);
    cs_lookups_settle(lookup);
    return true;
}

bool cs_resolver_waits(const struct cs_resolver *resolver)
{
    return cs_lookups_wait(&resolver->lookups);
}

uint64_t cs_resolver_lost(const struct cs_resolver *resolver)
{
    return resolver->lost + resolver->lookups.lost;
}
