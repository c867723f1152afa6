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
/* A query that was not answered is repeated. */
#define REPEAT_NS (6 * S)
/* So may one without an answer: glibc waits 40 s for the third server where "timeout" is 30, the
 * most that it takes; c-ares, which is in no call, 20 s for its last. */
#define CALL_ANSWER_NS (41 * S)
#define ANSWER_NS      (21 * S)
/* But who asks for longer has asked anew: c-ares gives up after 35 s. */
#define LOOKUP_NS (40 * S)
/* Everything is asked for again at once where a server knew one type and failed at the other. */
#define AT_ONCE_NS (S / 10)
/* So is the next name of a search list: the thread that read the answer does nothing in between. */
#define NEXT_NAME_NS (S / 50)
/* A resolver with threads sends A and AAAA at once, from any of them. */
#define BOTH_NS (S / 10)
/* So many lookups of one name that go on at once are told apart. */
enum { NAMESAKES = 64 };

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
    if (rcode == RCODE_NOERROR && lookup->state == CS_LOOKUP_WAITING)
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

static uint64_t again_ns(const struct cs_lookup *lookup)
{
    if (failed_in_part(lookup))
        return AT_ONCE_NS;
    return lookup->address_count ? 0 : NEXT_NAME_NS;
}

/* Whether a query for `type` goes on with what the process asks already. */
static bool goes_on(const struct cs_lookup *lookup, enum cs_dns_type type, uint64_t now_ns)
{
    uint8_t bit = (uint8_t)(1u << type);

    if (lookup->is_call)
        return false;
    if (lookup->state == CS_LOOKUP_WAITING)
        return lookup->in_call || now_ns - lookup->start_ns < LOOKUP_NS;
    /* It has its answer: somebody asks anew, as after it has served, or glibc, whose search list
     * ends in the bare name. */
    if (lookup->asked & bit & lookup->answered)
        return !lookup->uses && now_ns - lookup->heard_ns < again_ns(lookup);
    return now_ns - lookup->heard_ns < (lookup->asked & bit ? REPEAT_NS : RETRY_NS);
}

/*
 * May `name` be tried where `failed` was not found, by a search list that is not known here? Only
 * if one name is in the other: "www" and "www.corp.example" in either order, or what is left of
 * "www.corp.example" in the domain above, "www.example". Of "www.a.example" and "www.b.example" the
 * program may have asked for both.
 */
static bool is_next_name(const char *failed, const char *name)
{
    size_t failed_length = strlen(failed), length = strlen(name), asked = 0;

    if (failed_length <= length)
        return failed_length < length && name[failed_length] == '.' &&
               !memcmp(name, failed, failed_length);
    do { /* `asked` bytes are what was asked for, the rest a domain or nothing */
        asked += strcspn(name + asked, ".");
        if (!memcmp(failed, name, asked) && failed[asked] == '.' &&
            !strcmp(failed + failed_length - (length - asked), name + asked))
            return true;
    } while (name[asked++]);
    return false;
}

/* The process tries the next name: what failed just now was a part of the lookup that begins. */
static void inherit_search(struct cs_lookups *lookups, struct cs_lookup *lookup)
{
    struct cs_lookup_list *failed = &lookups->lists[CS_LOOKUP_FAILED];
    struct cs_lookup *at, *before;

    for (at = TAILQ_LAST(failed, cs_lookup_list);
         at && at->heard_ns + NEXT_NAME_NS > lookup->start_ns; at = before) {
        before = TAILQ_PREV(at, cs_lookup_list, by_state);
        if (at->process.tgid != lookup->process.tgid || at->is_call ||
            at->heard_ns > lookup->start_ns || !is_next_name(at->name, lookup->name))
            continue;
        lookup->start_ns = at->start_ns;
        lookup->id = at->id;
        cs_lookups_forget(lookups, at);
    }
}

static struct cs_lookup *begin(struct cs_lookups *lookups, const struct cs_event_dns *event,
                               const struct cs_dns_message *message)
{
    struct cs_lookup *lookup =
        cs_lookups_new(lookups, event->process.tgid, message->name, event->event.ts_ns);

    if (!lookup)
        return NULL;
    lookup->id = event->event.conn_id;
    lookup->process = event->process;
    lookup->netns = event->netns;
    lookup->start_ns = event->event.ts_ns;
    inherit_search(lookups, lookup);
    return lookup;
}

/* `socket` 0: by whichever. */
static bool was_asked(const struct cs_lookup *lookup, uint64_t socket,
                      const struct cs_dns_message *message)
{
    for (unsigned i = 0; i < cs_lookup_queries(lookup); i++) {
        const struct cs_lookup_query *query = &lookup->queries[i];

        if ((!socket || query->socket == socket) && query->id == message->id &&
            query->type == message->type)
            return true;
    }
    return false;
}

/* The last that asked for it; NULL: none did. */
static const struct cs_lookup_query *last_query(const struct cs_lookup *lookup,
                                                enum cs_dns_type type)
{
    const struct cs_lookup_query *last = NULL;

    for (unsigned i = 0; i < cs_lookup_queries(lookup); i++) {
        const struct cs_lookup_query *query = &lookup->queries[i];

        if (query->type == type && (!last || query->asked_ns >= last->asked_ns))
            last = query;
    }
    return last;
}

/* An answer is yet to come, to whoever asked. After a truncated one everything is asked again. */
static bool is_open(const struct cs_lookup *lookup)
{
    return !lookup->is_over && !lookup->address_count && !lookup->is_truncated &&
           lookup->answered != lookup->asked;
}

/*
 * Somebody waits for it, and this one asks for himself: by another thread, or by the socket by
 * which the question is open already (c-ares), for who repeats one keeps its id. Calls of
 * getaddrinfo may share their queries, each tells what it got. In Go those who ask at once share a
 * lookup, so what any thread asks is a part of it.
 */
static bool is_others(const struct cs_lookup *lookup, const struct cs_event_dns *event,
                      const struct cs_dns_message *message)
{
    const struct cs_lookup_query *last = last_query(lookup, message->type);
    bool is_own = cs_lookup_asked_by(lookup, event->process.tid);
    bool in_call = event->flags & CS_DNS_IN_CALL;

    if (!is_open(lookup) || cs_lookup_roams(lookup) || (lookup->in_call && in_call))
        return false;
    if (!is_own && (lookup->in_call || in_call))
        return true;
    if (!last)
        return !is_own && event->event.ts_ns > lookup->heard_ns + BOTH_NS;
    return !(lookup->answered & 1u << message->type) &&
           event->event.ts_ns < last->asked_ns + CS_DNS_LEAST_WAIT_NS &&
           (!is_own || (last->socket == event->socket && last->id != message->id));
}

/* By the same id: the answer came, but not to the program, whose socket had no room; or by TCP,
 * behind an answer that was truncated. */
static bool is_again(const struct cs_lookup *lookup, const struct cs_dns_message *message,
                     uint64_t now_ns)
{
    return !lookup->address_count && (lookup->is_truncated || was_asked(lookup, 0, message)) &&
           now_ns - lookup->heard_ns < REPEAT_NS;
}

static bool is_more(const struct cs_lookup *lookup, const struct cs_event_dns *event,
                    const struct cs_dns_message *message)
{
    uint64_t now_ns = event->event.ts_ns;
    bool again = is_again(lookup, message, now_ns);

    if (again && lookup->is_told && !lookup->is_truncated)
        return true;
    return !lookup->is_over && !is_others(lookup, event, message) &&
           (again || goes_on(lookup, message->type, now_ns));
}

/* What the query goes on with: what its thread waits for, or the newest of that name. NULL: it
 * begins one. */
static struct cs_lookup *asked_before(const struct cs_lookups *lookups,
                                      const struct cs_event_dns *event,
                                      const struct cs_dns_message *message)
{
    struct cs_lookup *newest = cs_lookups_named(lookups, event->process.tgid, message->name);
    struct cs_lookup *at = newest, *own = NULL;

    for (int i = 0; at && i < NAMESAKES; at = at->older, i++) {
        if (at->address_count || !cs_lookup_asked_by(at, event->process.tid) ||
            !is_more(at, event, message))
            continue;
        if (was_asked(at, event->socket, message))
            return at;
        own = own ? own : at;
    }
    if (own)
        return own;
    return newest && is_more(newest, event, message) ? newest : NULL;
}

/* The one that asked for it: the newest, or an older one that waits for it still. */
static struct cs_lookup *answered_by(const struct cs_lookups *lookups,
                                     const struct cs_event_dns *event,
                                     const struct cs_dns_message *message)
{
    struct cs_lookup *newest = cs_lookups_named(lookups, event->process.tgid, message->name);
    struct cs_lookup *at = newest;

    for (int i = 0; at && i < NAMESAKES; at = at->older, i++) {
        if (was_asked(at, event->socket, message) &&
            (at == newest || !(at->answered & 1u << message->type)))
            return at->is_over ? NULL : at;
    }
    return NULL;
}

static void on_query(struct cs_lookups *lookups, const struct cs_event_dns *event,
                     const struct cs_dns_message *message)
{
    struct cs_lookup *lookup = asked_before(lookups, event, message);
    uint64_t now_ns = event->event.ts_ns;
    uint8_t bit = (uint8_t)(1u << message->type);

    if (lookup && lookup->is_told)
        return;
    if (!lookup)
        lookup = begin(lookups, event, message);
    if (!lookup)
        return;
    lookup->queries[lookup->query_count++ % CS_LOOKUP_QUERIES] =
        (struct cs_lookup_query){.socket = event->socket,
                                 .asked_ns = now_ns,
                                 .tid = event->process.tid,
                                 .id = message->id,
                                 .type = (uint8_t)message->type};
    if (lookup->is_truncated)
        lookup->answered = 0;
    lookup->is_truncated = false;
    lookup->in_call |= event->flags & CS_DNS_IN_CALL;
    lookup->asked |= bit;
    lookup->answered &= (uint8_t)~bit;
    cs_lookups_watch(lookups, lookup, lookup->address_count ? CS_LOOKUP_SETTLED : CS_LOOKUP_WAITING,
                     now_ns);
}

/*
 * What follows a truncated answer is a query, by TCP: glibc asks for A and AAAA again, whichever it
 * was. But musl before 1.2.4 takes what there is, and has failed where that is nothing.
 */
static enum cs_lookup_state state_of(const struct cs_lookup *lookup,
                                     const struct cs_dns_message *message)
{
    bool was_enough = lookup->state == CS_LOOKUP_SETTLED; /* for musl */

    if (lookup->address_count || message->address_count || was_enough)
        return CS_LOOKUP_SETTLED;
    return lookup->answered == lookup->asked ? CS_LOOKUP_FAILED : CS_LOOKUP_WAITING;
}

static void take_answer(struct cs_lookups *lookups, struct cs_lookup *lookup,
                        const struct cs_dns_message *message, uint64_t now_ns)
{
    lookup->answered_ns[message->type] = now_ns;
    for (unsigned i = 0; i < message->address_count; i++)
        cs_lookups_add_address(lookups, lookup, &message->addresses[i], now_ns);
    lookups->lost += message->left_out;
    if (message->address_count)
        cs_lookups_forgive(lookups, lookup);
}

static void on_answer(struct cs_lookups *lookups, const struct cs_event_dns *event,
                      const struct cs_dns_message *message)
{
    struct cs_lookup *lookup = answered_by(lookups, event, message);
    uint64_t now_ns = event->event.ts_ns;

    if (!lookup)
        return;
    lookup->is_truncated |= message->is_truncated;
    lookup->answered |= (uint8_t)(1u << message->type);
    lookup->rcodes[message->type] = message->rcode;
    if (!message->is_truncated)
        take_answer(lookups, lookup, message, now_ns);
    cs_lookups_watch(lookups, lookup, state_of(lookup, message), now_ns);
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

struct cs_lookup *cs_lookups_overdue(const struct cs_lookups *lookups, uint64_t now_ns)
{
    const struct {
        const struct cs_lookup_list *list;
        uint64_t wait_ns;
    } rows[] = {
        {&lookups->lists[CS_LOOKUP_FAILED], RETRY_NS},
        {&lookups->lists[CS_LOOKUP_WAITING], ANSWER_NS},
        {&lookups->calling[CS_LOOKUP_FAILED], CALL_ANSWER_NS},
        {&lookups->calling[CS_LOOKUP_WAITING], CALL_ANSWER_NS},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cs_lookup *oldest = TAILQ_FIRST(rows[i].list);

        if (is_overdue(oldest, now_ns, rows[i].wait_ns))
            return oldest;
    }
    return NULL;
}
