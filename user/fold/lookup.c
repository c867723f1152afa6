/* SPDX-License-Identifier: MIT */
/*
 * What the connections of a lookup did so far is kept beside it: the first has its marks. Several
 * lookups may have been answered by one address: each connection is noted at the one that is
 * nearest to it as far as is known when it begins, and moves when it says itself whom it is for.
 */
#include "user/fold/lookup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "user/fold/race.h"

/* A resolver's own connection: nobody looked up whom to ask. */
enum { DNS_PORT = 53 };

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

static uint8_t number_of(const struct cs_lookup_address *entry)
{
    return (uint8_t)(entry - entry->lookup->addresses);
}

/* When the first of its connections to that address began; 0: there is none yet. */
static uint64_t first_of(const struct cs_lookup_address *entry)
{
    const struct cs_uses *uses = entry->lookup->uses;

    return uses ? uses->first_ns[number_of(entry)] : 0;
}

static bool is_noted(const struct cs_lookup_address *entry, uint64_t start_ns)
{
    const struct cs_uses *uses = entry->lookup->uses;

    return uses && cs_race_has(&uses->race, number_of(entry), start_ns);
}

/* `said`: a host, maybe with a port; NULL: nobody said one. */
static bool is_named(const char *name, const char *said)
{
    size_t length = said ? strcspn(said, ":") : 0;

    if (length > 1 && said[length - 1] == '.')
        length--;
    return length && length == strlen(name) && !strncasecmp(name, said, length);
}

/*
 * How near a lookup is to a connection, the first that differs decides: it is of the name that the
 * connection says; the connection is noted there; in the last minute it was made by the thread that
 * connects, or led to no connection yet (threads may look names up for others); that thread made it
 * at any time.
 */
enum { SAID = 16, NOTED = 8, SAME_THREAD = 4, UNUSED = 2, SAME_THREAD_ONCE = 1 };

static unsigned nearness(const struct cs_lookup_address *entry, const struct cs_facts *facts,
                         const char *said)
{
    bool is_fresh = facts->start_ns - entry->answered_ns <= CS_LOOKUP_FRESH_NS;
    unsigned near = 0;

    if (is_named(entry->lookup->name, said))
        near |= SAID;
    if (is_noted(entry, facts->start_ns))
        near |= NOTED;
    if (entry->lookup->process.tid == facts->process.tid)
        near |= is_fresh ? SAME_THREAD : SAME_THREAD_ONCE;
    if (is_fresh && !first_of(entry))
        near |= UNUSED;
    return near;
}

/* The nearest; of those that are alike the newest. */
static struct cs_lookup_address *lookup_of(const struct cs_resolver *resolver,
                                           const struct cs_facts *facts, const char *said)
{
    struct cs_lookup_address *at, *nearest = NULL;
    struct cs_dns_address address;
    unsigned most = 0;

    if (facts->remote_port == DNS_PORT || facts->role != CS_ROLE_CLIENT || !facts->process.tgid ||
        !facts->start_ns)
        return NULL;
    if (facts->family == AF_INET)
        cs_dns_address_set_ipv4(&address, facts->remote_address);
    else
        memcpy(address.bytes, facts->remote_address, sizeof(address.bytes));
    at = cs_lookups_find(&resolver->lookups, facts->process.tgid, &address, facts->start_ns);
    for (; at; at = at->older) {
        unsigned near = at->answered_ns <= facts->start_ns ? nearness(at, facts, said) : 0;

        if (nearest && near <= most)
            continue;
        nearest = at;
        most = near;
    }
    return nearest;
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
    keep_least(&uses->first_ns[number_of(entry)], event->facts.start_ns);
    keep_least(&uses->established_ns, event->facts.established_ns);
    cs_race_note(&uses->race, number_of(entry), event);
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
    attempt = withdraw(from->lookup->uses, number_of(from), start_ns);
    attempt.address = number_of(to);
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
    uint64_t first_ns = first_of(entry);

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

    if (!entry || (record->lookup.name && !is_named(entry->lookup->name, said)))
        return;
    if (entry != noted && is_noted(noted, start_ns))
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
    return cs_race_judge(&uses->race, number_of(entry), end_of(entry, record->facts.start_ns),
                         record);
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
