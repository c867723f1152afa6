/* SPDX-License-Identifier: MIT */
/*
 * Who may be a proxy cannot be told from its handshake, only who is none: a client that offers h2
 * by ALPN speaks HTTP with it (a CONNECT of HTTP/2 is not followed). The others' entries wait until
 * the kernel has seen more than a consent, or for a second.
 */
#include "user/fold/inner.h"

#include "user/fold/ending.h"
#include "user/fold/reason.h"
#include "user/tls/extension.h"

#include <string.h>

/* A proxy's consent takes a round trip, and the one it makes to the target. */
#define CONSENT_WAIT_NS 1000000000ULL

static const struct cs_preamble_facts tunnel = {
    .state = CS_PREAMBLE_TUNNEL,
    .kind = CS_TUNNEL_HTTPS,
};

static bool is_connected(enum cs_judgement judgement)
{
    return judgement == CS_JUDGED_UPROBE;
}

bool cs_inner_began(const struct cs_pending *pending)
{
    return pending->inner.begin_ns != 0;
}

struct cs_event_handshake *cs_inner_success_slot(struct cs_pending *pending,
                                                 const struct cs_event_handshake *event)
{
    bool is_inner = cs_inner_began(pending) && event->begin_ns == pending->inner.begin_ns;

    return is_inner ? &pending->inner_success : &pending->success;
}

static bool may_be_proxy(const struct cs_tls_facts *wire)
{
    if (!wire->client_hello_ns) /* no packet is seen, and none will be of what follows */
        return false;
    for (int i = 0; i < wire->alpn_offered_count; i++) {
        if (strncmp(wire->alpn_offered[i], "http/1", strlen("http/1")) != 0)
            return false;
    }
    return true;
}

enum cs_judgement cs_inner_await(const struct cs_pending *pending, enum cs_judgement outer,
                                 uint64_t now_ns)
{
    uint64_t since_ns = pending->success.event.ts_ns;

    if (!is_connected(outer) || !pending->handshake || pending->end.event.kind ||
        pending->connection.facts.role != CS_ROLE_CLIENT ||
        !(pending->bind.flags & CS_BIND_EXPLICIT) ||
        !may_be_proxy(cs_handshake_facts(pending->handshake)))
        return outer;
    return now_ns > since_ns && now_ns - since_ns > CONSENT_WAIT_NS ? outer : CS_JUDGED_WAIT;
}

enum cs_judgement cs_inner_judge(const struct cs_pending *pending)
{
    const struct cs_event_end *end = &pending->end;

    if (pending->inner_success.event.kind)
        return CS_JUDGED_UPROBE;
    if (!end->event.kind)
        return CS_JUDGED_OPEN;
    return end->cause == CS_CAUSE_DONE || end->cause == CS_CAUSE_LIMIT ? CS_JUDGED_BLIND
                                                                       : CS_JUDGED_BROKEN;
}

static void tell_tls(const struct cs_pending *pending, struct cs_tls_record *tls)
{
    const char *name = pending->inner.name;
    struct cs_cursor text = {.at = (const __u8 *)name, .left = strlen(name)};

    *tls = (struct cs_tls_record){
        .present = true,
        .wire = {.alert = CS_ALERT_NONE, .resumed = -1},
        .start_ns = pending->inner.begin_ns,
        .start_by_uprobe = true,
        .bound_by = CS_BOUND_THREAD,
        .is_read = true, /* as far as anybody knows */
        .calls = pending->inner_success.calls,
    };
    cs_extension_name(text, tls->wire.server_name, sizeof(tls->wire.server_name));
}

static void tell_broken(const struct cs_pending *pending, struct cs_record *record)
{
    const struct cs_event_end *end = &pending->end;
    const struct cs_ending ending = {end->event.ts_ns, end->error, end->cause, end->signal};

    cs_ending_tell(&ending, "tls", record);
    if (pending->error.event.kind && pending->error.event.ts_ns >= pending->inner.begin_ns)
        cs_reason_tell(pending->error.reason, end->cause != CS_CAUSE_SIGNAL, record);
}

static const char *name_of_proxy(const struct cs_pending *pending)
{
    const char *name = NULL;

    if (pending->handshake)
        name = cs_handshake_facts(pending->handshake)->server_name;
    return name && name[0] ? name : NULL;
}

void cs_inner_tell(const struct cs_pending *pending, enum cs_judgement judgement, uint64_t now_ns,
                   struct cs_record *record)
{
    tell_tls(pending, &record->tls);
    record->tunnel = &tunnel;
    record->proxy_server_name = name_of_proxy(pending);
    record->outcome = CONNSPAN_CONNECTED;
    switch (judgement) {
    case CS_JUDGED_UPROBE:
        record->tls.end_by_uprobe = true;
        record->tls.end_ns = record->done_ns = pending->inner_success.event.ts_ns;
        break;
    case CS_JUDGED_BLIND:
        record->capture_limit = true;
        record->done_ns = pending->end.event.ts_ns;
        break;
    case CS_JUDGED_BROKEN:
        tell_broken(pending, record);
        break;
    default:
        record->outcome = CONNSPAN_UNFINISHED;
        record->done_ns = now_ns;
    }
}
