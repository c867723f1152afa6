/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * OpenSSL objects in a handshake, and the window in which a thread's hello may leave. The uprobes
 * (ssl.bpf.c) open windows and note descriptors; the packet program, which sees the hello leave,
 * binds object to socket. Without packets ssl_blind.h does, by the descriptor.
 */
#pragma once

#include "conn.h"
#include "plain.h"

struct ssl_key { /* the pointer is unique only inside its process */
    __u64 ssl;
    __u64 tgid;
};

struct ssl_state {
    __u64 begin_ns; /* first entry of this handshake; 0 not yet */
    __u64 conn_id;  /* bound to; 0 not yet */
    __u32 calls;
    __u32 fd; /* with has_fd */
    __u16 library;
    __u8 is_explicit : 1; /* stepped inside SSL_do_handshake: when that returns tells the end */
    __u8 done : 1;        /* over: the next entry is a ticket, or another object at this address */
    __u8 told : 1;        /* its HANDSHAKE record was sent */
    __u8 has_fd : 1;      /* SSL_set_fd or SSL_set_wfd told where its bytes go */
    __u8 is_inner : 1;    /* bound to a connection whose TLS it runs inside */
    __u8 is_read : 1;     /* its library's reads and writes are probed: plain.h */
    __u8 pad;
};

/* What a thread does in OpenSSL: the call that it is in, and its window. */
struct ssl_thread {
    __u64 call;       /* the object whose SSL_do_handshake it has entered last; 0: it left it */
    __u64 ssl;        /* the object that it stepped last */
    __u64 stepped_ns; /* when it last entered the state machine, or left the call */
    __u64 conn_id;    /* the socket its hello left on; 0 not yet */
    __u8 settled;     /* it was bound before this step: no other hello is its */
    __u8 awaits;      /* it is sure to have a hello to send: no step for a ticket */
    __u8 doubtful;    /* another that awaits stepped a moment before: a hello may be its */
    __u8 is_inner;    /* conn_id is the connection that its hello left inside of */
    __u8 pad[4];
};

struct ssls_map {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, CS_MAX_SSL);
    __type(key, struct ssl_key);
    __type(value, struct ssl_state);
};
extern struct ssls_map ssls SEC(".maps");

struct ssl_threads_map {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, CS_MAX_SSL);
    __type(key, __u64); /* tgid << 32 | tid */
    __type(value, struct ssl_thread);
};
extern struct ssl_threads_map ssl_threads SEC(".maps");

/* Without cookies (before Linux 5.15) the place itself says what CS_DETAIL_OF_END would: by its
 * offset in a page. */
struct end_details_map {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, CS_END_PLACES);
    __type(key, __u32);
    __type(value, __u32);
};
extern struct end_details_map end_details SEC(".maps");

struct ssl_name {
    char text[CS_SERVER_NAME_BYTES];
};

/* The names that objects were given, for hellos that nobody can read. */
struct ssl_names_map {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, CS_MAX_SSL_NAMES);
    __type(key, struct ssl_key);
    __type(value, struct ssl_name);
};
extern struct ssl_names_map ssl_names SEC(".maps");

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

/* `state` NULL: an earlier bind is void. */
static __always_inline void bind_emit(__u64 conn_id, __u64 now_ns, const struct ssl_state *state,
                                      __u32 tid, __u8 bound_by)
{
    struct cs_event_bind *record = emit_reserve(sizeof(*record), CS_LOSS_RING_BIND);

    if (!record)
        return;
    event_init(&record->event, CS_EVENT_BIND, sizeof(*record), conn_id, now_ns);
    record->begin_ns = state ? state->begin_ns : 0;
    record->tid = tid;
    record->library = state ? state->library : 0;
    record->bound_by = bound_by;
    record->flags =
        state ? state->is_explicit * CS_BIND_EXPLICIT | state->is_read * CS_BIND_READ : 0;
    emit_submit(record);
}

/* `state` NULL: it was none after all. */
static __always_inline void inner_emit(__u64 conn_id, __u64 now_ns, const struct ssl_key *key,
                                       const struct ssl_state *state)
{
    struct cs_event_inner *record = emit_reserve(sizeof(*record), CS_LOSS_RING_BIND);
    struct ssl_name *name;

    if (!record)
        return;
    event_init(&record->event, CS_EVENT_INNER, sizeof(*record), conn_id, now_ns);
    record->begin_ns = state ? state->begin_ns : 0;
    record->library = state ? state->library : 0;
    __builtin_memset(record->pad, 0, sizeof(record->pad) + sizeof(record->name));
    name = bpf_map_lookup_elem(&ssl_names, key);
    if (name)
        __builtin_memcpy(record->name, name->text, sizeof(record->name));
    emit_submit(record);
}

/* The object's handshake is this connection's. */
static __always_inline void ssl_take(struct conn *conn, const struct ssl_key *key,
                                     struct ssl_state *state, bool is_inner)
{
    state->conn_id = conn->id;
    state->done = 0;
    state->told = 0;
    state->is_inner = is_inner;
    if (knobs.plaintext && conn->ssl) /* the outer one only carries what the inner one says */
        plain_void(conn->ssl, conn->ssl_tgid);
    conn->ssl = key->ssl;
    conn->ssl_tgid = key->tgid;
    if (knobs.plaintext && state->is_read && conn->facts.role == CS_ROLE_CLIENT)
        plain_begin(key->ssl, key->tgid, conn->id);
}

/* False: the object is gone. */
static __always_inline bool ssl_bind_to(struct conn *conn, const struct ssl_key *key, __u64 now_ns,
                                        __u32 tid, __u8 bound_by)
{
    struct ssl_state *state = bpf_map_lookup_elem(&ssls, key);

    if (!state)
        return 0;
    ssl_take(conn, key, state, 0);
    bind_emit(conn->id, now_ns, state, tid, bound_by);
    return 1;
}

static __always_inline struct ssl_thread *ssl_thread_find(__u64 id)
{
    return bpf_map_lookup_elem(&ssl_threads, &id);
}

static __always_inline bool is_recent(const struct ssl_thread *thread, __u64 now_ns)
{
    return now_ns - thread->stepped_ns <= knobs.window_ns;
}

/*
 * Sent by the current thread: if that thread stepped a handshake a moment ago, the hello is that
 * handshake's. Holds for socket BIO, own BIO and memory BIO alike. Inside SSL_do_handshake a busy
 * host may take its time; after it, only a moment is believed. Two objects stepped, or two sockets
 * in one window: nobody knows, so none is bound. But where SSL_set_fd gave the socket to another
 * object, the window was not for this socket.
 */
static __always_inline bool ssl_bind_by_thread(struct conn *conn, __u64 id, __u64 now_ns)
{
    struct ssl_thread *thread = ssl_thread_find(id);
    struct ssl_key key = {.tgid = id >> 32};
    bool in_call;

    if (!thread || thread->settled || (conn->fd_ssl && conn->fd_ssl != thread->ssl))
        return 0;
    in_call = thread->call == thread->ssl;
    if (!in_call && !is_recent(thread, now_ns))
        return 0;
    key.ssl = thread->ssl;
    if (thread->is_inner) { /* its hello leaves in clear: it is inside of nothing */
        inner_emit(thread->conn_id, now_ns, &key, 0);
        thread->is_inner = 0;
        thread->conn_id = 0;
    }
    if (thread->conn_id && thread->conn_id != conn->id) {
        count_loss(CS_LOSS_BIND_CONFLICT);
        bind_emit(thread->conn_id, now_ns, 0, id, CS_BOUND_NONE);
        plain_void(thread->ssl, key.tgid);
        return 0;
    }
    if (thread->doubtful && !in_call) {
        count_loss(CS_LOSS_BIND_CONFLICT);
        return 0;
    }
    if (!ssl_bind_to(conn, &key, now_ns, id, CS_BOUND_THREAD))
        return 0;
    thread->conn_id = conn->id;
    return 1;
}

/*
 * The first hello of this end leaves the socket. `is_ours`: the current thread may be its sender.
 * It is not when the packet had to wait (a cork, a queue): then only the descriptor tells whose
 * handshake it is.
 */
static __always_inline void ssl_bind(struct conn *conn, __u64 thread, bool is_ours, __u64 now_ns)
{
    struct ssl_key key = {.ssl = conn->fd_ssl, .tgid = conn->fd_tgid};

    if (is_ours && ssl_bind_by_thread(conn, thread, now_ns))
        return;
    if (conn->fd_ssl)
        ssl_bind_to(conn, &key, now_ns, is_ours ? (__u32)thread : 0, CS_BOUND_FD);
}
