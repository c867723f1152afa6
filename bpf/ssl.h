/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * OpenSSL objects in a handshake, and the window in which a thread's hello may leave. The uprobes
 * (ssl.bpf.c) open windows; the packet program, which sees the hello leave, binds object to socket.
 */
#pragma once

#include "conn.h"

struct ssl_key { /* the pointer is unique only inside its process */
    __u64 ssl;
    __u64 tgid;
};

struct ssl_state {
    __u64 begin_ns; /* first entry of this handshake */
    __u64 conn_id;  /* bound to; 0 not yet */
    __u32 calls;
    __u16 library;
    __u8 is_explicit : 1; /* stepped inside SSL_do_handshake: its return tells the end */
    __u8 done : 1;        /* over: the next entry is a ticket, or another object at this address */
    __u8 told : 1;        /* its HANDSHAKE record was sent */
    __u8 pad;
};

struct ssl_window {
    __u64 ssl;
    __u64 stepped_ns; /* when this thread last entered the state machine, or left the call */
    __u64 conn_id;    /* the socket its hello left on; 0 not yet */
};

struct ssls_map {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, CS_MAX_SSL);
    __type(key, struct ssl_key);
    __type(value, struct ssl_state);
};
extern struct ssls_map ssls SEC(".maps");

struct ssl_windows_map {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, CS_MAX_SSL);
    __type(key, __u64); /* tgid << 32 | tid */
    __type(value, struct ssl_window);
};
extern struct ssl_windows_map ssl_windows SEC(".maps");

/* The SSL object whose SSL_do_handshake a thread is in: only its return tells success. */
struct ssl_calls_map {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, CS_MAX_SSL);
    __type(key, __u64);
    __type(value, __u64);
};
extern struct ssl_calls_map ssl_calls SEC(".maps");

/*
 * The connection's handshake is over on the wire (`closed`: the connection itself is): what the
 * object does next belongs to no handshake of it. But an explicit one has yet to return: up to
 * TLS 1.2 the server's Finished may be here before the call that reads it.
 */
static __always_inline void ssl_release(const struct conn *conn, bool closed)
{
    struct ssl_key key = {.ssl = conn->ssl, .tgid = conn->ssl_tgid};
    struct ssl_state *state;

    if (!conn->ssl)
        return;
    state = bpf_map_lookup_elem(&ssls, &key);
    if (state && state->conn_id == conn->id && (closed || !state->is_explicit))
        state->done = 1;
}

static __always_inline void bind_emit(__u64 conn_id, __u64 now_ns, const struct ssl_state *state,
                                      __u64 thread, bool is_explicit)
{
    struct cs_event_bind *record = emit_reserve(sizeof(*record), CS_LOSS_RING_BIND);

    if (!record)
        return;
    event_init(&record->event, CS_EVENT_BIND, sizeof(*record), conn_id, now_ns);
    record->begin_ns = state ? state->begin_ns : 0;
    record->tid = (__u32)thread;
    record->library = state ? state->library : 0;
    record->bound_by = state ? CS_BOUND_THREAD : CS_BOUND_NONE;
    record->is_explicit = is_explicit;
    emit_submit(record);
}

/* Inside SSL_do_handshake a busy host may take its time; after it, only a moment is believed. */
static __always_inline bool window_is_open(const struct ssl_window *window, __u64 thread,
                                           __u64 now_ns)
{
    __u64 *call;

    if (now_ns - window->stepped_ns <= knobs.window_ns)
        return 1;
    call = bpf_map_lookup_elem(&ssl_calls, &thread);
    return call && *call == window->ssl;
}

/*
 * The first hello of this end leaves the socket, sent by the current thread: if that thread stepped
 * a handshake a moment ago, the hello is that handshake's. Holds for socket BIO, own BIO and memory
 * BIO alike. Two sockets in one window: nobody knows, so neither is bound.
 */
static __always_inline void ssl_bind(struct conn *conn, __u64 thread, __u64 now_ns)
{
    struct ssl_window *window = bpf_map_lookup_elem(&ssl_windows, &thread);
    struct ssl_state *state;
    struct ssl_key key;

    if (!window || !window_is_open(window, thread, now_ns))
        return;
    if (window->conn_id && window->conn_id != conn->id) {
        count_loss(CS_LOSS_BIND_CONFLICT);
        bind_emit(window->conn_id, now_ns, 0, thread, 0);
        return;
    }
    key.ssl = window->ssl;
    key.tgid = thread >> 32;
    state = bpf_map_lookup_elem(&ssls, &key);
    if (!state)
        return;
    state->conn_id = conn->id;
    state->done = 0;
    state->told = 0;
    window->conn_id = conn->id;
    conn->ssl = key.ssl;
    conn->ssl_tgid = key.tgid;
    bind_emit(conn->id, now_ns, state, thread, state->is_explicit);
}
