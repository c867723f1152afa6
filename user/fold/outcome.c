/* SPDX-License-Identifier: MIT */
/* The newest CONNECTION record says which way a connection went so far. */
#include "user/fold/outcome.h"

#include "user/fold/inner.h"
#include "user/fold/tcp.h"

static bool is_tls(const struct cs_pending *pending)
{
    return pending->connection.reason == CS_REASON_TLS;
}

struct cs_record cs_outcome_record(const struct cs_event_connection *event)
{
    return (struct cs_record){
        .id = event->event.conn_id,
        .facts = event->facts,
        .late = (event->facts.flags & CS_CONN_TOLD) &&
                (event->reason == CS_REASON_TLS || (event->facts.flags & CS_CONN_TURNS)),
    };
}

enum cs_judgement cs_outcome_judge(const struct cs_pending *pending, uint64_t now_ns)
{
    bool over = pending->connection.reason == CS_REASON_PAYLOAD || pending->end.event.kind;

    if (cs_inner_began(pending))
        return cs_inner_judge(pending);
    if (is_tls(pending))
        return cs_inner_await(pending, cs_tls_judge(pending, now_ns), now_ns);
    return over || cs_prelude_is_plain(&pending->prelude) ? CS_JUDGED_PLAIN : CS_JUDGED_OPEN;
}

static void tell_plain(const struct cs_pending *pending, enum cs_judgement judgement,
                       uint64_t now_ns, struct cs_record *record)
{
    const struct cs_event_end *end = &pending->end;
    struct cs_ending ending = {end->event.ts_ns, end->error, end->cause, end->signal};

    cs_tcp_tell(&pending->connection, record);
    if (judgement == CS_JUDGED_OPEN) {
        record->outcome = CONNSPAN_UNFINISHED;
        record->done_ns = now_ns;
    }
    cs_prelude_tell(&pending->prelude, end->event.kind ? &ending : NULL, record);
}

void cs_outcome_tell(const struct cs_pending *pending, enum cs_judgement judgement, uint64_t now_ns,
                     struct cs_record *record)
{
    if (judgement == CS_JUDGED_PLAIN || !is_tls(pending)) {
        tell_plain(pending, judgement, now_ns, record);
        return;
    }
    if (cs_inner_began(pending)) {
        cs_inner_tell(pending, judgement, now_ns, record);
        return;
    }
    cs_tls_tell(pending, judgement, now_ns, record);
    record->tunnel = cs_prelude_tunnel(&pending->prelude);
}
