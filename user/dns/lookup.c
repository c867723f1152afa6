/* SPDX-License-Identifier: MIT */
/* The table: two hashes, the age, and what waits. What messages mean is query.c's. */
#include "user/dns/lookup.h"

#include <stdlib.h>
#include <string.h>

/* Of one address as a process knows it: several names may share it, at a CDN or a proxy many, and
 * many threads may ask for one name before the first of them connects. */
enum { CHAIN_LENGTH = 64 };

static uint64_t hash(uint64_t seed, const void *data, size_t bytes)
{
    uint64_t key = 0xcbf29ce484222325ull ^ (seed * 0x9e3779b97f4a7c15ull); /* FNV-1a */

    for (size_t i = 0; i < bytes; i++)
        key = (key ^ ((const uint8_t *)data)[i]) * 0x100000001b3ull;
    return key;
}

static uint64_t name_key(uint32_t tgid, const char *name)
{
    return hash(tgid, name, strlen(name));
}

static uint64_t address_key(uint32_t tgid, const struct cs_dns_address *address)
{
    return hash(tgid, address, sizeof(*address));
}

void cs_lookups_init(struct cs_lookups *lookups, size_t max)
{
    *lookups = (struct cs_lookups){.max = max ? max : CS_LOOKUP_DEFAULT_MAX};
    TAILQ_INIT(&lookups->by_age);
    for (int state = 0; state < CS_LOOKUP_STATE_COUNT; state++) {
        TAILQ_INIT(&lookups->lists[state]);
        TAILQ_INIT(&lookups->calling[state]);
    }
}

static void unwatch(struct cs_lookup *lookup)
{
    if (lookup->list)
        TAILQ_REMOVE(lookup->list, lookup, by_state);
    lookup->list = NULL;
    lookup->state = CS_LOOKUP_SETTLED;
}

void cs_lookups_watch(struct cs_lookups *lookups, struct cs_lookup *lookup,
                      enum cs_lookup_state state, uint64_t now_ns)
{
    unwatch(lookup);
    lookup->heard_ns = now_ns;
    lookup->state = state;
    if (state == CS_LOOKUP_SETTLED)
        return;
    lookup->list = lookup->in_call ? &lookups->calling[state] : &lookups->lists[state];
    TAILQ_INSERT_TAIL(lookup->list, lookup, by_state);
}

void cs_lookups_settle(struct cs_lookup *lookup)
{
    unwatch(lookup);
    lookup->is_over = true;
}

unsigned cs_lookup_queries(const struct cs_lookup *lookup)
{
    return lookup->query_count < CS_LOOKUP_QUERIES ? lookup->query_count : CS_LOOKUP_QUERIES;
}

bool cs_lookup_asked_by(const struct cs_lookup *lookup, uint32_t tid)
{
    for (unsigned i = 0; i < cs_lookup_queries(lookup); i++) {
        if (lookup->queries[i].tid == tid)
            return true;
    }
    return lookup->process.tid == tid;
}

bool cs_lookup_roams(const struct cs_lookup *lookup)
{
    uint64_t sockets[CS_DNS_TYPE_COUNT] = {0};

    for (unsigned i = 0; i < cs_lookup_queries(lookup); i++)
        sockets[lookup->queries[i].type] = lookup->queries[i].socket;
    return sockets[CS_DNS_A] && sockets[CS_DNS_AAAA] && sockets[CS_DNS_A] != sockets[CS_DNS_AAAA];
}

/* It is no failure if nothing comes any more. */
static void excuse(struct cs_lookup *lookup)
{
    if (lookup->state == CS_LOOKUP_WAITING)
        unwatch(lookup);
    else
        cs_lookups_settle(lookup);
}

static void forgive(struct cs_lookup_list *list, const struct cs_lookup *lookup)
{
    struct cs_lookup *at, *next;

    for (at = TAILQ_FIRST(list); at; at = next) {
        next = TAILQ_NEXT(at, by_state);
        if (at != lookup && at->process.tgid == lookup->process.tgid &&
            !strcmp(at->name, lookup->name))
            excuse(at);
    }
}

void cs_lookups_forgive(struct cs_lookups *lookups, const struct cs_lookup *lookup)
{
    for (int state = CS_LOOKUP_WAITING; state < CS_LOOKUP_STATE_COUNT; state++) {
        forgive(&lookups->lists[state], lookup);
        forgive(&lookups->calling[state], lookup);
    }
}

bool cs_lookups_wait(const struct cs_lookups *lookups)
{
    return !TAILQ_EMPTY(&lookups->lists[CS_LOOKUP_WAITING]) ||
           !TAILQ_EMPTY(&lookups->lists[CS_LOOKUP_FAILED]) ||
           !TAILQ_EMPTY(&lookups->calling[CS_LOOKUP_WAITING]) ||
           !TAILQ_EMPTY(&lookups->calling[CS_LOOKUP_FAILED]);
}

static bool is_same(const struct cs_lookup_address *entry, uint32_t tgid,
                    const struct cs_dns_address *address)
{
    return entry->lookup->process.tgid == tgid &&
           !memcmp(&entry->address, address, sizeof(*address));
}

/* The chain of that process and address; NULL also where another one has its place. */
static struct cs_lookup_address *chain_of(const struct cs_lookups *lookups, uint32_t tgid,
                                          const struct cs_dns_address *address)
{
    struct cs_lookup_address *head = cs_map_get(&lookups->by_address, address_key(tgid, address));

    return head && is_same(head, tgid, address) ? head : NULL;
}

void cs_lookups_unchain(struct cs_lookups *lookups, struct cs_lookup_address *entry)
{
    uint32_t tgid = entry->lookup->process.tgid;
    uint64_t key = address_key(tgid, &entry->address);
    struct cs_lookup_address *at = chain_of(lookups, tgid, &entry->address);

    /* Without memory the whole chain is forgotten. */
    if (at == entry && (!entry->older || cs_map_put(&lookups->by_address, key, entry->older)))
        cs_map_take(&lookups->by_address, key);
    for (; at && at != entry; at = at->older) {
        if (at->older == entry)
            at->older = entry->older;
    }
}

static void unchain_name(struct cs_lookups *lookups, struct cs_lookup *lookup)
{
    uint64_t key = name_key(lookup->process.tgid, lookup->name);
    bool is_head = cs_map_get(&lookups->by_name, key) == lookup;

    if (lookup->older)
        lookup->older->newer = lookup->newer;
    if (lookup->newer)
        lookup->newer->older = lookup->older;
    /* Without memory those behind it are found no more. */
    if (is_head && (!lookup->older || cs_map_put(&lookups->by_name, key, lookup->older)))
        cs_map_take(&lookups->by_name, key);
}

void cs_lookups_forget(struct cs_lookups *lookups, struct cs_lookup *lookup)
{
    for (unsigned i = 0; i < lookup->address_count; i++)
        cs_lookups_unchain(lookups, &lookup->addresses[i]);
    unchain_name(lookups, lookup);
    unwatch(lookup);
    TAILQ_REMOVE(&lookups->by_age, lookup, by_age);
    lookups->count--;
    free(lookup->uses);
    free(lookup);
}

void cs_lookups_free(struct cs_lookups *lookups)
{
    struct cs_lookup *lookup;

    while ((lookup = TAILQ_FIRST(&lookups->by_age)))
        cs_lookups_forget(lookups, lookup);
    cs_map_free(&lookups->by_name);
    cs_map_free(&lookups->by_address);
}

static bool is_fresh(uint64_t since_ns, uint64_t now_ns)
{
    return now_ns <= since_ns + CS_LOOKUP_FRESH_NS;
}

/* It might serve a connection, or be told as a failure. */
static bool is_awaited(const struct cs_lookup *lookup, uint64_t now_ns)
{
    return lookup->state != CS_LOOKUP_SETTLED ||
           (lookup->address_count && !lookup->uses && is_fresh(lookup->heard_ns, now_ns));
}

struct cs_lookup *cs_lookups_new(struct cs_lookups *lookups, uint32_t tgid, const char *name,
                                 uint64_t now_ns)
{
    struct cs_lookup *lookup, *older;

    if (lookups->count >= lookups->max) {
        struct cs_lookup *oldest = TAILQ_FIRST(&lookups->by_age);

        lookups->lost += is_awaited(oldest, now_ns);
        cs_lookups_forget(lookups, oldest);
    }
    older = cs_lookups_named(lookups, tgid, name);
    lookup = calloc(1, sizeof(*lookup));
    if (!lookup || cs_map_put(&lookups->by_name, name_key(tgid, name), lookup)) {
        lookups->lost++;
        free(lookup);
        return NULL;
    }
    lookup->older = older;
    if (older)
        older->newer = lookup;
    lookup->process.tgid = tgid;
    cs_dns_name_copy(lookup->name, name);
    TAILQ_INSERT_TAIL(&lookups->by_age, lookup, by_age);
    lookups->count++;
    return lookup;
}

struct cs_lookup *cs_lookups_named(const struct cs_lookups *lookups, uint32_t tgid,
                                   const char *name)
{
    struct cs_lookup *lookup = cs_map_get(&lookups->by_name, name_key(tgid, name));

    return lookup && lookup->process.tgid == tgid && !strcmp(lookup->name, name) ? lookup : NULL;
}

/* What is cut off has served, is too old to serve, or is lost. */
static void cut_chain(struct cs_lookups *lookups, struct cs_lookup_address *newest)
{
    struct cs_lookup_address *last = newest, *cut;

    for (int i = 1; last && i < CHAIN_LENGTH; i++)
        last = last->older;
    cut = last ? last->older : NULL;
    if (!cut)
        return;
    lookups->lost += !cut->lookup->uses && is_fresh(cut->answered_ns, newest->answered_ns);
    last->older = NULL;
}

void cs_lookups_add_address(struct cs_lookups *lookups, struct cs_lookup *lookup,
                            const struct cs_dns_address *address, uint64_t now_ns)
{
    struct cs_lookup_address *entry = &lookup->addresses[lookup->address_count];
    uint32_t tgid = lookup->process.tgid;
    struct cs_lookup_address *older = chain_of(lookups, tgid, address);

    if (older && older->lookup == lookup)
        return;
    if (lookup->address_count == CS_DNS_ADDRESSES) {
        lookups->lost++;
        return;
    }
    *entry = (struct cs_lookup_address){*address, now_ns, lookup, older};
    if (cs_map_put(&lookups->by_address, address_key(tgid, address), entry)) {
        lookups->lost++;
        return;
    }
    lookup->address_count++;
    cut_chain(lookups, entry);
}

struct cs_lookup_address *cs_lookups_find(const struct cs_lookups *lookups, uint32_t tgid,
                                          const struct cs_dns_address *address, uint64_t before_ns)
{
    struct cs_lookup_address *entry = chain_of(lookups, tgid, address);

    while (entry && entry->answered_ns > before_ns)
        entry = entry->older;
    return entry;
}
