/* SPDX-License-Identifier: MIT */
/*
 * The lookups of this host's processes, found by process and name while they go on, by process and
 * address when they are answered. One lookup is all that a process asks about one name in one go:
 * A and AAAA, repetitions, other servers; or one call of getaddrinfo. Threads that ask for the same
 * at once have a lookup each. Bounded; which connection a
 * lookup was made for is not known here.
 */
#pragma once

#include <sys/queue.h>

#include "include/wire/event.h"
#include "user/base/map.h"
#include "user/dns/message.h"

enum {
    CS_LOOKUP_QUERIES = 32, /* remembered of one lookup, to know its answers by */
    CS_LOOKUP_DEFAULT_MAX = 2048,
};

/* A resolver that got no answer has given up by then: glibc, musl and Go wait as long for the last
 * one, by default (resolv.conf(5), "timeout"). Nothing tells when it does. */
#define CS_DNS_GIVEN_UP_NS 5000000000ull

/* A connection that comes later than this after its lookup was made for another reason. */
#define CS_LOOKUP_FRESH_NS 60000000000ull

/* No resolver waits for less before it asks again, or gives up: who does so earlier was told to. */
#define CS_DNS_LEAST_WAIT_NS 1000000000ull

struct cs_lookup;

struct cs_lookup_address {
    struct cs_dns_address address;
    uint64_t answered_ns;
    struct cs_lookup *lookup;
    struct cs_lookup_address *older; /* the same process and address */
};

enum cs_lookup_state {
    CS_LOOKUP_SETTLED, /* an address is known, or its failure is told or of no interest */
    CS_LOOKUP_WAITING, /* no address yet, an answer is missing */
    CS_LOOKUP_FAILED,  /* every question was answered, by no address */
    CS_LOOKUP_STATE_COUNT,
};

struct cs_lookup_query {
    uint64_t socket;
    uint64_t asked_ns;
    uint32_t tid;
    uint16_t id;
    uint8_t type; /* enum cs_dns_type */
};

TAILQ_HEAD(cs_lookup_list, cs_lookup);

struct cs_lookup {
    TAILQ_ENTRY(cs_lookup) by_age;
    TAILQ_ENTRY(cs_lookup) by_state;
    struct cs_lookup *older; /* of the same process and name */
    struct cs_lookup *newer;
    enum cs_lookup_state state;
    struct cs_lookup_list *list; /* on which it is by state; NULL: on none */
    uint64_t id;
    struct cs_process process;
    uint32_t netns;
    uint64_t start_ns;
    uint64_t heard_ns; /* the last query or answer */
    bool is_call;      /* of getaddrinfo */
    bool in_call;      /* asked by a call that will return, and tell */
    bool is_over;      /* nothing that comes is of it any more */
    bool is_told;      /* as a failure */
    bool is_truncated; /* an answer was: everything is asked for again, by TCP */
    char name[CS_DNS_NAME_BYTES];
    struct cs_lookup_query queries[CS_LOOKUP_QUERIES];
    unsigned query_count; /* so far: the newest overwrite the oldest */
    uint8_t asked;        /* a bit per enum cs_dns_type */
    uint8_t answered;
    uint64_t answered_ns[CS_DNS_TYPE_COUNT]; /* the last answer; 0: none */
    uint8_t rcodes[CS_DNS_TYPE_COUNT];
    const char *failure; /* of a call; NULL: the rcodes tell */
    unsigned address_count;
    struct cs_lookup_address addresses[CS_DNS_ADDRESSES];
    void *uses; /* NULL: it has not served yet; the owner's of the table, freed with the lookup */
};

struct cs_lookups {
    struct cs_map by_name;
    struct cs_map by_address;
    struct cs_lookup_list by_age;
    struct cs_lookup_list lists[CS_LOOKUP_STATE_COUNT];   /* by heard_ns; SETTLED is not kept */
    struct cs_lookup_list calling[CS_LOOKUP_STATE_COUNT]; /* the same of those in a call */
    size_t count;
    size_t max;
    uint64_t lost; /* lookups that were fresh or waited for, addresses: what found no room */
};

void cs_lookups_init(struct cs_lookups *lookups, size_t max);
void cs_lookups_free(struct cs_lookups *lookups);

/* A query that left or an answer that came, as `message` says. */
void cs_lookups_message(struct cs_lookups *lookups, const struct cs_event_dns *event,
                        const struct cs_dns_message *message);

/* A call of getaddrinfo returned. */
void cs_lookups_call(struct cs_lookups *lookups, const struct cs_event_lookup *event);

/* The newest that process looked up and was answered by this address before then; NULL: nothing.
 * What it looked up before that follows. */
struct cs_lookup_address *cs_lookups_find(const struct cs_lookups *lookups, uint32_t tgid,
                                          const struct cs_dns_address *address, uint64_t before_ns);

/* The next lookup that failed for good by then; NULL: none. UINT64_MAX: or that has no address. */
struct cs_lookup *cs_lookups_overdue(const struct cs_lookups *lookups, uint64_t now_ns);
/* Are there any that may fail yet? */
bool cs_lookups_wait(const struct cs_lookups *lookups);
/* That thread sent one of its queries, or made the call. */
bool cs_lookup_asked_by(const struct cs_lookup *lookup, uint32_t tid);
/* A and AAAA were asked for by a socket each: by resolvers whose threads are anybody's. */
bool cs_lookup_roams(const struct cs_lookup *lookup);
/* "NXDOMAIN", "timeout" ... */
const char *cs_lookup_failure(const struct cs_lookup *lookup);
/* It is of no interest any more as a failure. */
void cs_lookups_settle(struct cs_lookup *lookup);

/* For the halves that say what was heard: query.c, call.c. */
struct cs_lookup *cs_lookups_new(struct cs_lookups *lookups, uint32_t tgid, const char *name,
                                 uint64_t now_ns);
/* The newest; what was begun before that follows (`older`). */
struct cs_lookup *cs_lookups_named(const struct cs_lookups *lookups, uint32_t tgid,
                                   const char *name);
void cs_lookups_add_address(struct cs_lookups *lookups, struct cs_lookup *lookup,
                            const struct cs_dns_address *address, uint64_t now_ns);
/* How many of its queries are remembered. */
unsigned cs_lookup_queries(const struct cs_lookup *lookup);
/* It has an address: what failed a moment ago at the same name was an attempt at it; what waits may
 * be another's, who has an answer yet to come. */
void cs_lookups_forgive(struct cs_lookups *lookups, const struct cs_lookup *lookup);
/* Frees it. */
void cs_lookups_forget(struct cs_lookups *lookups, struct cs_lookup *lookup);
/* It is found no more. */
void cs_lookups_unchain(struct cs_lookups *lookups, struct cs_lookup_address *entry);
void cs_lookups_watch(struct cs_lookups *lookups, struct cs_lookup *lookup,
                      enum cs_lookup_state state, uint64_t now_ns);
