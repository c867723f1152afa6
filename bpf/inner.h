/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * TLS inside TLS: a proxy that is itself reached by TLS, and the handshake with the target that
 * follows the (encrypted) CONNECT. No packet tells of it, but the object does: while a thread is
 * inside SSL_do_handshake of one object, bytes leave on a connection that another object of the
 * process has secured. After a handshake the connection is kept a while for that.
 */
#pragma once

#include "packet.h"
#include "preamble.h"
#include "process.h"
#include "ssl.h"

/* Its own handshake ran inside SSL_do_handshake; a program that does it otherwise (node) does the
 * inner one otherwise, too. What TLS was upgraded to from plain text is no proxy. */
static __always_inline bool inner_may_follow(const struct conn *conn)
{
    struct ssl_key key = {.ssl = conn->ssl, .tgid = conn->ssl_tgid};
    struct ssl_state *state;

    if (!conn->ssl || conn->facts.role != CS_ROLE_CLIENT ||
        (conn->opening != OPENING_NONE && conn->opening != OPENING_TUNNEL))
        return 0;
    state = bpf_map_lookup_elem(&ssls, &key);
    return state && state->conn_id == conn->id && state->is_explicit;
}

static __always_inline void inner_await(struct conn *conn)
{
    conn->phase = CONN_SEALED;
    conn->payload_ns = bpf_ktime_get_ns();
    conn->packets = 0;
    conn->from[CS_FROM_SERVER] = conn->end[CS_FROM_SERVER];
}

/* The object in whose SSL_do_handshake this thread is, if it may be the one: another one of this
 * process, which is not bound yet and stepped last. */
static __always_inline bool inner_bind(struct conn *conn, __u64 id, __u64 now_ns)
{
    struct ssl_thread *thread = ssl_thread_find(id);
    struct ssl_key key = {.tgid = id >> 32};
    struct ssl_state *state;

    if (!thread || !thread->call || thread->call == conn->ssl || conn->ssl_tgid != key.tgid ||
        thread->ssl != thread->call || thread->conn_id)
        return 0;
    key.ssl = thread->call;
    state = bpf_map_lookup_elem(&ssls, &key);
    if (!state || state->conn_id)
        return 0;
    ssl_take(conn, &key, state, 1);
    thread->is_inner = 1;
    thread->conn_id = conn->id;
    conn->inner = 1;
    conn->payload_ns = now_ns;
    conn->packets = 0;
    inner_emit(conn->id, now_ns, &key, state);
    return 1;
}

/* Nothing more to learn: the inner handshake succeeded, or what comes is no proxy's consent. One
 * that failed is over when the connection is. */
static __always_inline bool inner_is_over(const struct conn *conn)
{
    struct ssl_key key = {.ssl = conn->ssl, .tgid = conn->ssl_tgid};
    struct ssl_state *state;

    if (!conn->inner)
        return conn->end[CS_FROM_SERVER] - conn->from[CS_FROM_SERVER] > CS_CONSENT_BYTES;
    state = bpf_map_lookup_elem(&ssls, &key);
    return state && state->conn_id == conn->id && state->told;
}

static __always_inline void on_sealed(__u64 key, struct conn *conn, const struct packet *packet)
{
    struct conn_ending ending = {.cause = CS_CAUSE_DONE};
    __u32 end = packet->offset + packet->length;
    __u8 direction = packet->direction & 1;
    __u64 now_ns = bpf_ktime_get_ns();

    if (!lies_behind(end, conn->end[direction]))
        return;
    conn->end[direction] = end;
    if (packet->egress && !conn->inner && inner_bind(conn, thread_current(), now_ns))
        return;
    if (++conn->packets > CS_CAPTURE_PACKETS)
        ending.cause = CS_CAUSE_LIMIT;
    else if (!inner_is_over(conn))
        return;
    conn_end(key, conn, now_ns, &ending);
}
