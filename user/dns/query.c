/* SPDX-License-Identifier: MIT */
/*
 * Queries and answers become lookups. Resolvers differ: A and AAAA at once or in turn, from one
 * socket or two, over again to the next server, by TCP after a truncated answer, name after name of
 * a search list. All that one process asks about one name before it has an address is one lookup.
 */
#include "user/dns/lookup.h"

#include <string.h>

#define S 1000000000ull

/* A failed lookup may go on: at the next server, with the other type, with the next name. */
#define RETRY_NS S
/* The next name of a search list is asked for at once; so is everything again where a server knew
 * one type and failed at the other. */
#define AT_ONCE_NS (S / 10)

enum { RCODE_NOERROR = 0, RCODE_NXDOMAIN = 3, RCODES = 6 };

static const char *const rcode_names[RCODES] = {"NODATA",   "FORMERR", "SERVFAIL",
                                                "NXDOMAIN", "NOTIMP",  "REFUSED"};

const char *cs_lookup_failure(const struct cs_lookup *lookup)
{
    uint8_t rcode = lookup->rcodes[CS_DNS_A];

    if (lookup->failure)
        return lookup->failure;
    if (rcode == RCODE_NOERROR)
        rcode = lookup->rcodes[CS_DNS_AAAA];
    if (rcode == RCODE_NOERROR && lookup->answered != lookup->asked)
        return "timeout";
    return rcode < RCODES ? rcode_names[rcode] : "unknown";
}

/* A server could not say, or would not. */
static bool failed_in_part(const struct cs_lookup *lookup)
{
    for (int type = 0; type < CS_DNS_TYPE_COUNT; type++) {
        uint8_t rcode = lookup->rcodes[type];

        if (rcode != RCODE_NOERROR && rcode != RCODE_NXDOMAIN)
            return true;
    }
    return false;
}

/* Whether a query for `type` goes on with what the process asks already. */
static bool goes_on(const struct cs_lookup *lookup, enum cs_dns_type type, uint64_t now_ns)
{
    uint8_t bit = (uint8_t)(1u << type);

    if (lookup->is_call || lookup->is_told)
        return false;
    if (lookup->state != CS_LOOKUP_SETTLED)
        return true;
    if (lookup->asked & bit & lookup->answered) /* it has its answer: somebody asks anew */
        return failed_in_part(lookup) && now_ns - lookup->heard_ns < AT_ONCE_NS;
    return now_ns - lookup->heard_ns < (lookup->asked & bit ? CS_DNS_ANSWER_NS : RETRY_NS);
}

/* "www.corp.example" and "www.example" are names that a search list makes of one. */
static bool is_search_sibling(const char *a, const char *b)
{
    size_t label = strcspn(a, ".");

    return label > 0 && label == strcspn(b, ".") && !memcmp(a, b, label);
}

/* The process tries the next name: what failed just now was a part of the lookup that begins. */
static void inherit_search(struct cs_lookups *lookups, struct cs_lookup *lookup, uint64_t now_ns)
{
    struct cs_lookup_list *failed = &lookups->states[CS_LOOKUP_FAILED];
    struct cs_lookup *at, *before;

    for (at = TAILQ_LAST(failed, cs_lookup_list); at && now_ns - at->heard_ns < AT_ONCE_NS;
         at = before) {
        before = TAILQ_PREV(at, cs_lookup_list, by_state);
        if (at->process.tgid != lookup->process.tgid || at->is_call ||
            !is_search_sibling(at->name, lookup->name))
            continue;
        lookup->start_ns = at->start_ns;
        lookup->id = at->id;
        cs_lookups_settle(lookups, at);
    }
}

static struct cs_lookup *begin(struct cs_lookups *lookups, const struct cs_event_dns *event,
                               const struct cs_dns_message *message)
{
    struct cs_lookup *before = cs_lookups_named(lookups, event->process.tgid, message->name);
    struct cs_lookup *lookup;

    if (before)
        cs_lookups_settle(lookups, before); /* another attempt: it will tell */
    lookup = cs_lookups_new(lookups, event->process.tgid, message->name);
    if (!lookup)
        return NULL;
    lookup->id = event->event.conn_id;
    lookup->process = event->process;
    lookup->netns = event->netns;
    lookup->start_ns = event->event.ts_ns;
    inherit_search(lookups, lookup, event->event.ts_ns);
    return lookup;
}

static void on_query(struct cs_lookups *lookups, const struct cs_event_dns *event,
                     const struct cs_dns_message *message)
{
    struct cs_lookup *lookup = cs_lookups_named(lookups, event->process.tgid, message->name);
    uint64_t now_ns = event->event.ts_ns;
    uint8_t bit = (uint8_t)(1u << message->type);

    if (!lookup || !goes_on(lookup, message->type, now_ns))
        lookup = begin(lookups, event, message);
    if (!lookup)
        return;
    lookup->queries[lookup->query_count++ % CS_LOOKUP_QUERIES] =
        (struct cs_lookup_query){event->socket, message->id, (uint8_t)message->type};
    lookup->asked |= bit;
    lookup->answered &= (uint8_t)~bit;
    cs_lookups_watch(lookups, lookup, lookup->address_count ? CS_LOOKUP_SETTLED : CS_LOOKUP_WAITING,
                     now_ns);
}

static bool was_asked(const struct cs_lookup *lookup, const struct cs_event_dns *event,
                      const struct cs_dns_message *message)
{
    unsigned count = lookup->query_count;

    for (unsigned i = 0; i < count && i < CS_LOOKUP_QUERIES; i++) {
        const struct cs_lookup_query *query = &lookup->queries[i];

        if (query->socket == event->socket && query->id == message->id &&
            query->type == message->type)
            return true;
    }
    return false;
}

/* glibc then asks for A and AAAA again, whichever it was; musl before 1.2.4 takes what there is. */
static void on_truncated(struct cs_lookups *lookups, struct cs_lookup *lookup, uint64_t now_ns)
{
    lookup->is_truncated = true;
    lookup->answered = 0;
    cs_lookups_watch(lookups, lookup, CS_LOOKUP_SETTLED, now_ns);
}

static void on_answer(struct cs_lookups *lookups, const struct cs_event_dns *event,
                      const struct cs_dns_message *message)
{
    struct cs_lookup *lookup = cs_lookups_named(lookups, event->process.tgid, message->name);
    uint64_t now_ns = event->event.ts_ns;
    enum cs_lookup_state state = CS_LOOKUP_FAILED;

    if (!lookup || lookup->is_told || !was_asked(lookup, event, message))
        return;
    if (message->is_truncated) {
        on_truncated(lookups, lookup, now_ns);
        return;
    }
    if (!lookup->is_truncated || event->transport == CS_DNS_TCP)
        lookup->answered |= (uint8_t)(1u << message->type);
    lookup->rcodes[message->type] = message->rcode;
    for (unsigned i = 0; i < message->address_count; i++)
        cs_lookups_add_address(lookups, lookup, &message->addresses[i], now_ns);
    if (lookup->address_count)
        state = CS_LOOKUP_SETTLED;
    else if (lookup->answered != lookup->asked)
        state = CS_LOOKUP_WAITING;
    cs_lookups_watch(lookups, lookup, state, now_ns);
}

void cs_lookups_message(struct cs_lookups *lookups, const struct cs_event_dns *event,
                        const struct cs_dns_message *message)
{
    if (message->is_answer != (event->direction == CS_FROM_SERVER))
        return;
    if (message->is_answer)
        on_answer(lookups, event, message);
    else
        on_query(lookups, event, message);
}

static bool is_overdue(const struct cs_lookup *lookup, uint64_t now_ns, uint64_t wait_ns)
{
    return lookup && now_ns > lookup->heard_ns && now_ns - lookup->heard_ns > wait_ns;
}

struct cs_lookup *cs_lookups_failed(const struct cs_lookups *lookups)
{
    return TAILQ_FIRST(&lookups->states[CS_LOOKUP_FAILED]);
}

struct cs_lookup *cs_lookups_overdue(const struct cs_lookups *lookups, uint64_t now_ns)
{
    struct cs_lookup *failed = TAILQ_FIRST(&lookups->states[CS_LOOKUP_FAILED]);
    struct cs_lookup *waiting = TAILQ_FIRST(&lookups->states[CS_LOOKUP_WAITING]);

    if (is_overdue(failed, now_ns, RETRY_NS))
        return failed;
    return is_overdue(waiting, now_ns, CS_DNS_ANSWER_NS) ? waiting : NULL;
}
