/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Handshakes where no packet is seen (--no-wire, or somebody else holds the cgroup root): then
 * SSL_set_fd ties the object to the socket, the first step inside SSL_do_handshake is the begin and
 * its return the end. What gives no end that way is not begun: its connection stays a plain one.
 */
#pragma once

#include "process.h"
#include "socket.h"
#include "ssl.h"

static __always_inline void blind_name(const struct ssl_key *key, const char *name)
{
    static const struct ssl_name none; /* too large for the stack */
    struct ssl_name *kept;

    /* Where the kernel's memory is closed nothing is bound, so no name is asked for; and libbpf
     * takes the refusal of bpf_probe_read_kernel for a kernel before 5.5, and calls
     * bpf_probe_read_str in place of the user's, which is refused as well
     * (lockdown=confidentiality). */
    if (!knobs.read_kernel)
        return;
    bpf_map_update_elem(&ssl_names, key, &none, BPF_ANY);
    kept = bpf_map_lookup_elem(&ssl_names, key);
    if (kept)
        bpf_probe_read_user_str(kept->text, sizeof(kept->text), name);
}

static __always_inline void blind_name_emit(const struct ssl_key *key, __u64 conn_id, __u64 now_ns)
{
    struct ssl_name *name = bpf_map_lookup_elem(&ssl_names, key);
    struct cs_event_server_name *record;

    if (!name)
        return;
    record = emit_reserve(sizeof(*record), CS_LOSS_RING_BIND);
    if (!record)
        return;
    event_init(&record->event, CS_EVENT_SERVER_NAME, sizeof(*record), conn_id, now_ns);
    __builtin_memcpy(record->name, name->text, sizeof(record->name));
    emit_submit(record);
}

/* A socket that was open before us may be either end of its connection: it is left alone. */
static __always_inline void blind_begin(struct conn *conn, const struct ssl_key *key, __u64 now_ns)
{
    if (conn->phase != CONN_OPEN || conn->facts.flags & CS_CONN_PREEXISTING)
        return;
    if (conn->facts.role == CS_ROLE_SERVER) {
        process_calling(&conn->facts.process);
        conn->facts.process.cgroup_id = bpf_get_current_cgroup_id();
    }
    if (!conn_wanted(conn))
        return;
    conn->facts.flags |= CS_CONN_NO_WIRE;
    if (conn->told)
        conn->facts.flags |= CS_CONN_TOLD;
    conn->phase = CONN_TLS;
    conn_tell(conn, CS_REASON_TLS, now_ns);
    blind_name_emit(key, conn->id, now_ns);
    ssl_bind_to(conn, key, now_ns, (__u32)bpf_get_current_pid_tgid(), CS_BOUND_FD);
}

/* The connection that this handshake is bound to, if the descriptor still leads there. */
static __always_inline struct conn *blind_conn(const struct ssl_state *state, __u64 *key)
{
    struct conn *conn;
    __u64 sock;

    sock = (__u64)sock_of_fd(state->fd);
    *key = sock ? sock_key_of(sock) : 0;
    conn = sock ? conn_find(*key) : 0;
    return conn && conn->id == state->conn_id ? conn : 0;
}

/* It goes on in a call whose return nobody sees: connected, as far as anyone can know. */
static __always_inline void blind_give_up(const struct ssl_state *state, __u64 now_ns)
{
    struct conn_ending ending = {.cause = CS_CAUSE_LIMIT};
    struct conn *conn;
    __u64 key;

    conn = blind_conn(state, &key);
    if (conn)
        conn_end(key, conn, now_ns, &ending);
}

/*
 * SSL_do_handshake returned 1. With early data OpenSSL 3 says so before anything was sent: then
 * nothing was received either, and it is not over.
 */
static __always_inline bool blind_is_over(const struct ssl_state *state)
{
    struct sock *sk = sock_of_fd(state->fd);

    return sk && BPF_CORE_READ((struct tcp_sock *)sk, bytes_received);
}
