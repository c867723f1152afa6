/* SPDX-License-Identifier: MIT */
/*
 * The uprobe's end is preferred to the wire's: it is when the program knew. A failure needs proof,
 * which is an alert, or FIN, RST or close before the end rule; never the library's -1, which says
 * "again" as well.
 */
#include "user/fold/tls.h"

#include "user/fold/ending.h"
#include "user/fold/reason.h"
#include "user/tls/alert.h"
#include "user/tls/extension.h"

#include <string.h>

/* SSL_do_handshake returns some 20-40 us after the last byte of the handshake passed, on a host
 * that is short of CPUs some 100 ms; later than this, another call finishes the handshake. */
#define RETURN_WAIT_NS 1000000000ULL

/* Keys are made within a fraction of it. More: the packet had to wait, or the bind is wrong. */
#define AGREED_NS 5000000ULL

static const struct cs_tls_facts no_facts = {.alert = -1, .resumed = -1};

static const struct cs_tls_facts *wire_of(const struct cs_pending *pending)
{
    return pending->handshake ? cs_handshake_facts(pending->handshake) : &no_facts;
}

static bool is_bound(const struct cs_pending *pending)
{
    return pending->bind.bound_by != CS_BOUND_NONE;
}

static bool has_ended(const struct cs_pending *pending)
{
    return pending->end.event.kind != 0;
}

static bool is_blind(const struct cs_pending *pending)
{
    return pending->connection.facts.flags & CS_CONN_NO_WIRE;
}

/* With early data OpenSSL 3 returns 1 before a byte was sent. Where no packet is seen, the
 * kernel half has asked the socket. */
static bool success_counts(const struct cs_pending *pending, const struct cs_tls_facts *wire)
{
    if (!pending->success.event.kind || !is_bound(pending))
        return false;
    return is_blind(pending) ||
           (wire->server_hello_ns && wire->server_hello_ns <= pending->success.event.ts_ns);
}

static bool is_overdue(uint64_t now_ns, uint64_t since_ns)
{
    return now_ns > since_ns && now_ns - since_ns > RETURN_WAIT_NS;
}

static enum cs_judgement judge_end(const struct cs_pending *pending, uint64_t now_ns)
{
    switch (pending->end.cause) {
    case CS_CAUSE_DONE:
        /* The kernel saw the end and the wire view did not: a chunk is late, or lost. */
        return is_overdue(now_ns, pending->end.event.ts_ns) ? CS_JUDGED_BLIND : CS_JUDGED_WAIT;
    case CS_CAUSE_LIMIT:
        return CS_JUDGED_BLIND;
    default:
        return CS_JUDGED_BROKEN;
    }
}

static bool is_alert_of_peer(const struct cs_pending *pending, const struct cs_tls_facts *wire)
{
    return wire->alert_from_server == (pending->connection.facts.role == CS_ROLE_CLIENT);
}

/*
 * An encrypted alert of the peer: its packet passes before the library reads it, and says what it
 * was. Of an alert of our own the library spoke before it sent it.
 */
static bool awaits_reason(const struct cs_pending *pending, const struct cs_tls_facts *wire,
                          uint64_t now_ns)
{
    bool gave_up = pending->end.cause == CS_CAUSE_CLOSE || pending->end.cause == CS_CAUSE_SIGNAL;

    return wire->alert < 0 && is_bound(pending) && !pending->error.event.kind && !gave_up &&
           is_alert_of_peer(pending, wire) && !is_overdue(now_ns, wire->alert_ns);
}

enum cs_judgement cs_tls_judge(const struct cs_pending *pending, uint64_t now_ns)
{
    const struct cs_tls_facts *wire = wire_of(pending);
    bool closed = has_ended(pending) && pending->end.cause != CS_CAUSE_DONE;
    bool awaits_return = is_bound(pending) && pending->bind.flags & CS_BIND_EXPLICIT && !closed;

    if (success_counts(pending, wire))
        return CS_JUDGED_UPROBE;
    if (wire->state == CS_TLS_FAILED)
        return awaits_reason(pending, wire, now_ns) ? CS_JUDGED_WAIT : CS_JUDGED_BROKEN;
    if (wire->state == CS_TLS_DONE)
        return awaits_return && !is_overdue(now_ns, wire->end_ns) ? CS_JUDGED_WAIT : CS_JUDGED_WIRE;
    /* After a ClientHello it is TLS that could not be followed: its END decides. */
    if (wire->state == CS_TLS_NOT_TLS && !wire->client_hello_ns)
        return CS_JUDGED_PLAIN;
    return has_ended(pending) ? judge_end(pending, now_ns) : CS_JUDGED_OPEN;
}

/* A begin that cannot belong to this handshake is not believed: BIO_do_connect() enters the state
 * machine before it connects. A server may enter before or after the ClientHello came. */
static bool begin_counts(const struct cs_pending *pending, const struct cs_tls_facts *wire)
{
    const struct cs_facts *facts = &pending->connection.facts;
    uint64_t begin_ns = pending->bind.begin_ns;
    uint64_t latest_ns =
        facts->role == CS_ROLE_CLIENT ? wire->client_hello_ns : wire->server_hello_ns;

    return is_bound(pending) && begin_ns && begin_ns >= facts->start_ns &&
           (!latest_ns || begin_ns <= latest_ns);
}

static bool differ(uint64_t a_ns, uint64_t b_ns)
{
    return a_ns && b_ns && (a_ns > b_ns ? a_ns - b_ns : b_ns - a_ns) > AGREED_NS;
}

/* A server's begin is no matter of agreement: it may wait for a ClientHello as long as it likes. */
static bool marks_disagree(const struct cs_pending *pending, const struct cs_tls_facts *wire)
{
    const struct cs_facts *facts = &pending->connection.facts;

    if (!is_bound(pending))
        return false;
    if (facts->role == CS_ROLE_CLIENT && pending->bind.begin_ns >= facts->start_ns &&
        differ(pending->bind.begin_ns, wire->client_hello_ns))
        return true;
    return success_counts(pending, wire) && differ(pending->success.event.ts_ns, wire->end_ns);
}

static void tell_server_name(const char *name, struct cs_tls_facts *facts)
{
    struct cs_cursor text = {.at = (const __u8 *)name, .left = strlen(name)};

    cs_extension_name(text, facts->server_name, sizeof(facts->server_name));
}

static void tell_tls(const struct cs_pending *pending, struct cs_tls_record *tls)
{
    const struct cs_tls_facts *wire = wire_of(pending);

    tls->present = true;
    tls->wire = *wire;
    if (pending->server_name && !wire->client_hello_ns)
        tell_server_name(pending->server_name, &tls->wire);
    tls->bound_by = pending->bind.bound_by;
    tls->is_read = is_bound(pending) && pending->bind.flags & CS_BIND_READ;
    tls->calls = pending->success.calls;
    tls->marks_disagree = marks_disagree(pending, wire);
    tls->start_by_uprobe = begin_counts(pending, wire);
    if (tls->start_by_uprobe)
        tls->start_ns = pending->bind.begin_ns;
    else if (wire->client_hello_ns)
        tls->start_ns = wire->client_hello_ns;
    else /* the ClientHello's chunk was lost; its packet made the kernel say TLS */
        tls->start_ns = pending->connection.event.ts_ns;
}

static void tell_alert(const struct cs_tls_facts *wire, struct cs_record *record)
{
    record->outcome = CONNSPAN_FAILED;
    record->done_ns = wire->alert_ns;
    record->failed_ns = wire->alert_ns;
    record->error_phase = "tls";
    record->error_code = wire->alert >= 0 ? cs_alert_name(wire->alert) : "encrypted_alert";
    if (!record->error_code)
        record->error_code = "unknown";
    record->error_detail = wire->alert_from_server ? "sent by the server" : "sent by the client";
}

static void tell_broken(const struct cs_pending *pending, struct cs_record *record)
{
    const struct cs_tls_facts *wire = wire_of(pending);
    const struct cs_event_end *end = &pending->end;

    const struct cs_ending ending = {end->event.ts_ns, end->error, end->cause, end->signal};
    bool has_alert = wire->state == CS_TLS_FAILED;
    bool is_vague = has_alert ? wire->alert < 0 : end->cause != CS_CAUSE_SIGNAL;

    if (has_alert)
        tell_alert(wire, record);
    else
        cs_ending_tell(&ending, "tls", record);
    if (pending->error.event.kind)
        cs_reason_tell(pending->error.reason, is_vague, record);
}

void cs_tls_tell(const struct cs_pending *pending, enum cs_judgement judgement, uint64_t now_ns,
                 struct cs_record *record)
{
    tell_tls(pending, &record->tls);
    record->outcome = CONNSPAN_CONNECTED;
    switch (judgement) {
    case CS_JUDGED_UPROBE:
        record->tls.end_by_uprobe = true;
        record->tls.end_ns = record->done_ns = pending->success.event.ts_ns;
        break;
    case CS_JUDGED_WIRE:
        record->tls.end_ns = record->done_ns = wire_of(pending)->end_ns;
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
