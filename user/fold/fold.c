/* SPDX-License-Identifier: MIT */
/*
 * One handler per kind of event, and the sweep by which time decides. A handler only stores what
 * came; settle() asks outcome.c what it means now.
 */
#include "user/fold/fold.h"

#include <stdlib.h>
#include <string.h>

#include "user/fold/arrival.h"
#include "user/fold/catalogue.h"
#include "user/fold/delivery.h"
#include "user/fold/inner.h"
#include "user/fold/outcome.h"
#include "user/fold/pending.h"
#include "user/fold/reason.h"
#include "user/fold/talks.h"
#include "user/fold/tcp.h"

enum { DEFAULT_MAX_PENDING = 65536 };

/* A CONNECTION record that did not follow its first chunk by now was lost, and counted, in the
 * ring. */
#define ORPHAN_LIFE_NS 5000000000ULL

struct cs_fold {
    struct cs_fold_options options;
    struct cs_pending_table pending;
    struct cs_catalogue catalogue;
    struct cs_delivery delivery;
    struct cs_talks talks;
    uint64_t now_ns; /* of the event in hand */
    uint64_t pending_full;
};

struct cs_fold *cs_fold_new(const struct cs_fold_options *options)
{
    struct cs_fold *fold = malloc(sizeof(*fold));

    if (!fold)
        return NULL;
    *fold = (struct cs_fold){.options = *options};
    if (!fold->options.max_pending)
        fold->options.max_pending = DEFAULT_MAX_PENDING;
    cs_pending_table_init(&fold->pending);
    cs_catalogue_init(&fold->catalogue);
    cs_delivery_init(&fold->delivery, options->on_record, options->context);
    cs_talks_init(&fold->talks, &fold->delivery, &fold->options);
    return fold;
}

void cs_fold_free(struct cs_fold *fold)
{
    if (!fold)
        return;
    cs_pending_table_free(&fold->pending);
    cs_catalogue_free(&fold->catalogue);
    cs_talks_free(&fold->talks);
    cs_delivery_free(&fold->delivery);
    free(fold);
}

size_t cs_fold_pending(const struct cs_fold *fold)
{
    return fold->pending.map.count + fold->delivery.held_count +
           cs_resolver_waits(&fold->delivery.resolver);
}

uint64_t cs_fold_pending_full(const struct cs_fold *fold)
{
    return fold->pending_full + fold->delivery.full + fold->talks.full;
}

uint64_t cs_fold_dns_lost(const struct cs_fold *fold)
{
    return cs_resolver_lost(&fold->delivery.resolver);
}

uint64_t cs_fold_requests_lost(const struct cs_fold *fold)
{
    return fold->talks.lost;
}

static const char *library_of(struct cs_fold *fold, const struct cs_pending *pending)
{
    uint16_t number = pending->bind.bound_by == CS_BOUND_NONE ? 0 : pending->bind.library;

    if (cs_inner_began(pending))
        number = pending->inner.library;
    return cs_name_text(cs_names_get(&fold->catalogue.libraries, number));
}

/* Hands a pending connection over as the judgement says, and forgets it. */
static void conclude(struct cs_fold *fold, struct cs_pending *pending, enum cs_judgement judgement,
                     uint64_t now_ns)
{
    struct cs_record record = cs_outcome_record(&pending->connection);

    record.exe = cs_name_text(pending->exe);
    record.cgroup = cs_name_text(pending->cgroup);
    cs_outcome_tell(pending, judgement, now_ns, &record);
    if (record.tls.present)
        record.tls.library = library_of(fold, pending);
    cs_talks_take(&fold->talks, &record, record.tls.present || cs_tcp_is_news(&pending->connection),
                  fold->now_ns);
    cs_pending_mark_done(&fold->pending, pending->id);
    cs_pending_forget(&fold->pending, pending);
}

static void settle(struct cs_fold *fold, struct cs_pending *pending, uint64_t now_ns)
{
    enum cs_judgement judgement;

    if (pending->queue == CS_PENDING_ORPHAN)
        return;
    judgement = cs_outcome_judge(pending, now_ns);
    if (judgement == CS_JUDGED_WAIT)
        cs_pending_move(&fold->pending, pending, CS_PENDING_WAIT);
    else if (judgement == CS_JUDGED_OPEN)
        cs_pending_move(&fold->pending, pending, CS_PENDING_OPEN);
    else
        conclude(fold, pending, judgement, now_ns);
}

/* Ends a pending connection as it stands. */
static void cut_off(struct cs_fold *fold, struct cs_pending *pending, uint64_t now_ns)
{
    if (pending->queue == CS_PENDING_ORPHAN)
        cs_pending_forget(&fold->pending, pending);
    else
        conclude(fold, pending, cs_outcome_judge(pending, UINT64_MAX), now_ns);
}

static void tell_failed_lookups(struct cs_fold *fold, uint64_t now_ns, bool at_end)
{
    struct cs_catalogue *names = &fold->catalogue;
    struct cs_record record;

    while (cs_resolver_failed(&fold->delivery.resolver, now_ns, at_end, &record)) {
        const struct cs_process *process = &record.facts.process;

        record.exe = cs_name_text(cs_names_get(&names->executables, process->tgid));
        record.cgroup = cs_name_text(cs_names_get(&names->cgroups, process->cgroup_id));
        fold->options.on_record(fold->options.context, &record);
    }
}

/* What is overdue at `now_ns`. Both queues are in order of age, so only their heads are looked at.
 */
static void sweep(struct cs_fold *fold, uint64_t now_ns)
{
    struct cs_pending_list *waits = &fold->pending.queues[CS_PENDING_WAIT];
    struct cs_pending_list *orphans = &fold->pending.queues[CS_PENDING_ORPHAN];
    struct cs_pending *head;

    while ((head = TAILQ_FIRST(waits))) {
        settle(fold, head, now_ns);
        if (TAILQ_FIRST(waits) == head)
            break;
    }
    while ((head = TAILQ_FIRST(orphans)) && now_ns > head->born_ns &&
           now_ns - head->born_ns > ORPHAN_LIFE_NS)
        cs_pending_forget(&fold->pending, head);
    cs_delivery_sweep(&fold->delivery, now_ns);
    tell_failed_lookups(fold, now_ns, false);
}

/* The pending connection of the event, if need be a new orphan with room made for it. Records that
 * trail behind a completed connection find nothing. */
static struct cs_pending *adopt_unless_done(struct cs_fold *fold, const struct cs_event *event)
{
    struct cs_pending *pending = cs_pending_find(&fold->pending, event->conn_id);

    if (pending || cs_pending_was_done(&fold->pending, event->conn_id))
        return pending;
    if (fold->pending.map.count >= fold->options.max_pending) {
        fold->pending_full++;
        cut_off(fold, cs_pending_oldest(&fold->pending), event->ts_ns);
    }
    pending = cs_pending_new(&fold->pending, event->conn_id, event->ts_ns);
    if (!pending)
        fold->pending_full++;
    return pending;
}

static bool is_open(const struct cs_fold *fold, uint64_t id)
{
    const struct cs_pending *pending = cs_pending_find(&fold->pending, id);

    return pending && pending->queue != CS_PENDING_ORPHAN;
}

/* TLS began: its chunks so far were held. Out of memory: its END will tell the little known. */
static void begin_handshake(struct cs_pending *pending)
{
    if (!pending->handshake)
        pending->handshake = cs_handshake_new();
    if (pending->handshake)
        cs_prelude_give(&pending->prelude, pending->handshake);
}

/* A connection of which more will come. */
static void open_pending(struct cs_fold *fold, const struct cs_event_connection *event,
                         struct cs_name *exe, struct cs_name *cgroup)
{
    struct cs_pending *pending = adopt_unless_done(fold, &event->event);

    if (!pending)
        return;
    /* A server's comes twice: at the ClientHello, and with the process that answers it. */
    cs_name_release(pending->exe);
    cs_name_release(pending->cgroup);
    pending->connection = *event;
    pending->exe = cs_name_hold(exe);
    pending->cgroup = cs_name_hold(cgroup);
    if (event->reason == CS_REASON_TLS)
        begin_handshake(pending);
    else if (event->reason == CS_REASON_PREAMBLE)
        cs_prelude_begin(&pending->prelude);
    cs_pending_move(&fold->pending, pending, CS_PENDING_OPEN);
    settle(fold, pending, event->event.ts_ns);
}

/* More of this connection follows. */
static bool goes_on(const struct cs_event_connection *event)
{
    return event->reason == CS_REASON_TLS || event->reason == CS_REASON_PREAMBLE ||
           event->facts.flags & CS_CONN_TURNS;
}

/*
 * Both ends' first bytes, or these and the sweep, may pass on two processors at once, and each
 * tells: the one that completed the connection counts. What was told before says so, unless it was
 * at that very moment. False: `event` is a second one, and nothing.
 */
static bool is_news(const struct cs_fold *fold, struct cs_event_connection *event)
{
    uint64_t id = event->event.conn_id;

    if (event->facts.flags & CS_CONN_TOLD || !cs_pending_was_told(&fold->pending, id))
        return true;
    event->facts.flags |= CS_CONN_TOLD;
    return goes_on(event) && !cs_pending_was_done(&fold->pending, id);
}

static void on_connection(struct cs_fold *fold, const struct cs_event *at)
{
    struct cs_event_connection copy = *(const struct cs_event_connection *)at, *event = &copy;
    struct cs_name *exe = cs_names_get(&fold->catalogue.executables, event->facts.process.tgid);
    struct cs_name *cgroup = cs_names_get(&fold->catalogue.cgroups, event->facts.process.cgroup_id);
    bool open = is_open(fold, at->conn_id);
    struct cs_record record;

    if (!is_news(fold, event))
        return;
    cs_resolver_note(&fold->delivery.resolver, event);
    if (event->reason == CS_REASON_TLS || event->reason == CS_REASON_PREAMBLE ||
        (open && event->reason == CS_REASON_PAYLOAD)) {
        open_pending(fold, event, exe, cgroup);
        return;
    }
    if (open)
        return;
    if (event->reason == CS_REASON_SILENT)
        cs_pending_mark_told(&fold->pending, at->conn_id);
    else
        cs_pending_mark_done(&fold->pending, at->conn_id);
    record = cs_outcome_record(event);
    record.exe = cs_name_text(exe);
    record.cgroup = cs_name_text(cgroup);
    cs_tcp_tell(event, &record);
    cs_talks_take(&fold->talks, &record, cs_tcp_is_news(event), fold->now_ns);
}

/* Of a connection in progress. */
static void on_arrival(struct cs_fold *fold, const struct cs_event *at)
{
    struct cs_pending *pending = adopt_unless_done(fold, at);

    if (!pending)
        return;
    cs_arrival_store(pending, at);
    settle(fold, pending, at->ts_ns);
}

/* It names a failure of a connection that is there, and makes none. */
static void on_tls_error(struct cs_fold *fold, const struct cs_event *at)
{
    const struct cs_event_tls_error *event = (const void *)at;
    struct cs_pending *pending = cs_pending_find(&fold->pending, at->conn_id);

    if (!pending || cs_reason_is_aftermath(event->reason))
        return;
    pending->error = *event;
    settle(fold, pending, at->ts_ns);
}

static void on_end(struct cs_fold *fold, const struct cs_event *at)
{
    struct cs_pending *pending = cs_pending_find(&fold->pending, at->conn_id);

    cs_talks_end(&fold->talks, (const void *)at);
    if (!pending)
        return;
    pending->end = *(const struct cs_event_end *)at;
    settle(fold, pending, at->ts_ns);
}

/* A request leaves: of the handshake before it nothing better will be told. */
static void on_turn(struct cs_fold *fold, const struct cs_event *at)
{
    const struct cs_event_turn *event = (const void *)at;
    struct cs_pending *pending = cs_pending_find(&fold->pending, at->conn_id);

    if (pending && pending->queue == CS_PENDING_WAIT && event->direction == CS_FROM_CLIENT)
        settle(fold, pending, UINT64_MAX);
    cs_talks_turn(&fold->talks, event);
}

static void on_dns(struct cs_fold *fold, const struct cs_event *at)
{
    cs_resolver_dns(&fold->delivery.resolver, (const void *)at);
}

static void on_lookup(struct cs_fold *fold, const struct cs_event *at)
{
    cs_resolver_call(&fold->delivery.resolver, (const void *)at);
}

static void on_name(struct cs_fold *fold, const struct cs_event *at)
{
    cs_catalogue_learn(&fold->catalogue, (const void *)at);
}

/* TICK is in no row: that time passes is all it says. LOSS and CLOCK are the tracer's. */
static void (*const handlers[CS_EVENT_KIND_COUNT])(struct cs_fold *, const struct cs_event *) = {
    [CS_EVENT_CONNECTION] = on_connection,
    [CS_EVENT_CHUNK] = on_arrival,
    [CS_EVENT_BIND] = on_arrival,
    [CS_EVENT_HANDSHAKE] = on_arrival,
    [CS_EVENT_SERVER_NAME] = on_arrival,
    [CS_EVENT_END] = on_end,
    [CS_EVENT_EXECUTABLE] = on_name,
    [CS_EVENT_CGROUP] = on_name,
    [CS_EVENT_LIBRARY] = on_name,
    [CS_EVENT_UPGRADE] = on_arrival,
    [CS_EVENT_DNS] = on_dns,
    [CS_EVENT_LOOKUP] = on_lookup,
    [CS_EVENT_TLS_ERROR] = on_tls_error,
    [CS_EVENT_INNER] = on_arrival,
    [CS_EVENT_TURN] = on_turn,
};

void cs_fold_event(struct cs_fold *fold, const struct cs_event *event)
{
    fold->now_ns = event->ts_ns;
    sweep(fold, event->ts_ns);
    if (event->kind < CS_EVENT_KIND_COUNT && handlers[event->kind])
        handlers[event->kind](fold, event);
}

void cs_fold_finish(struct cs_fold *fold, uint64_t now_ns)
{
    struct cs_pending *oldest;

    while ((oldest = cs_pending_oldest(&fold->pending)))
        cut_off(fold, oldest, now_ns);
    cs_talks_finish(&fold->talks, now_ns);
    cs_delivery_sweep(&fold->delivery, UINT64_MAX);
    tell_failed_lookups(fold, now_ns, true);
}
