/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Handshakes of OpenSSL and GnuTLS by uprobes. The entry of the state machine sees every handshake,
 * explicit or inside SSL_read/SSL_write; a jump at its end tells how it goes. There is no return
 * probe: a handshake may run on a fibre (SSL_MODE_ASYNC, any program with coroutines) whose stack
 * is swapped away in mid-call, and the kernel takes a thread's returns to come in order. GnuTLS has
 * one function, gnutls_handshake, which is both. These run preemptible (Linux 6.0+): small stack,
 * no per-CPU scratch.
 */
#include "ssl.h"
#include "lookup.h"
#include "registers.h"
#include "socket.h"
#include "ssl_blind.h"
#include "uprobe.h"

#define CTRL_SET_SERVER_NAME 55 /* SSL_CTRL_SET_TLSEXT_HOSTNAME */

static __always_inline struct ssl_state *state_of(const struct ssl_key *key, __u64 now_ns,
                                                  __u64 cookie)
{
    struct ssl_state *state = bpf_map_lookup_elem(&ssls, key);
    struct ssl_state none = {};

    if (!state) {
        bpf_map_update_elem(&ssls, key, &none, BPF_NOEXIST);
        state = bpf_map_lookup_elem(&ssls, key);
    }
    if (state && !state->begin_ns) { /* new, or known from SSL_set_fd */
        state->begin_ns = now_ns;
        state->library = CS_COOKIE_LIBRARY(cookie);
        state->is_read = CS_COOKIE_DETAIL(cookie) & CS_DETAIL_IS_READ;
    }
    return state;
}

/*
 * The descriptor is looked up in the very call that is going to use it: a number that was closed
 * and given to another socket since SSL_set_fd leads where OpenSSL's bytes will go, too.
 */
static __always_inline void on_descriptor(const struct ssl_key *key, const struct ssl_state *state,
                                          __u64 now_ns)
{
    __u64 sock = (__u64)sock_of_fd(state->fd);
    struct conn *conn = sock ? conn_find(sock_key_of(sock)) : 0;

    if (!conn || conn->ssl)
        return;
    conn->fd_ssl = key->ssl;
    conn->fd_tgid = key->tgid;
    if (!shared.has_wire && state->is_explicit)
        blind_begin(conn, key, now_ns);
}

/* NULL: no memory. Only the thread itself writes to it. */
static __always_inline struct ssl_thread *thread_of(__u64 id)
{
    struct ssl_thread *thread = ssl_thread_find(id);
    struct ssl_thread none = {};

    if (thread)
        return thread;
    bpf_map_update_elem(&ssl_threads, &id, &none, BPF_NOEXIST);
    return ssl_thread_find(id);
}

/* The thread stepped this object: the hello that leaves next may be its. */
static __always_inline void window_open(struct ssl_thread *thread, __u64 ssl,
                                        const struct ssl_state *state, bool is_new, __u64 now_ns)
{
    if (thread->ssl != ssl)
        thread->doubtful = thread->awaits && !thread->conn_id && is_recent(thread, now_ns);
    thread->ssl = ssl;
    thread->stepped_ns = now_ns;
    thread->conn_id = state->conn_id;
    thread->is_inner = state->is_inner;
    thread->settled = state->conn_id != 0 && !state->is_inner;
    thread->awaits = is_new && !state->conn_id;
}

static __always_inline void on_statem(__u64 ssl, __u64 cookie)
{
    __u64 now_ns = bpf_ktime_get_ns();
    __u64 id = bpf_get_current_pid_tgid();
    struct ssl_key key = {.ssl = ssl, .tgid = id >> 32};
    struct ssl_state *state = state_of(&key, now_ns, cookie);
    struct ssl_thread *thread = thread_of(id);
    bool was_done;

    if (!state)
        return;
    was_done = state->done;
    if (was_done) { /* a ticket, or the next object at this address: binding decides */
        state->begin_ns = now_ns;
        state->conn_id = 0;
        state->is_inner = 0;
        state->calls = 0;
        state->has_fd = 0;
    }
    state->calls++;
    state->is_explicit = thread && thread->call == ssl;
    if (thread) /* else a descriptor tells whose the hello is, or nobody */
        window_open(thread, ssl, state, !was_done, now_ns);
    if (!state->has_fd || !knobs.read_kernel)
        return;
    if (!state->conn_id)
        on_descriptor(&key, state, now_ns);
    else if (!shared.has_wire && !state->is_explicit)
        blind_give_up(state, now_ns);
}

static __always_inline void on_handshake(__u64 ssl)
{
    struct ssl_thread *thread = thread_of(bpf_get_current_pid_tgid());

    if (thread)
        thread->call = ssl;
}

static __always_inline void on_free(__u64 ssl)
{
    struct ssl_key key = {.ssl = ssl, .tgid = bpf_get_current_pid_tgid() >> 32};

    bpf_map_delete_elem(&ssls, &key);
    bpf_map_delete_elem(&ssl_names, &key);
}

/* A socket for the object: whatever it did before, its next handshake is a new one. */
static __always_inline void on_set_fd(__u64 ssl, __u32 fd)
{
    struct ssl_key key = {.ssl = ssl, .tgid = bpf_get_current_pid_tgid() >> 32};
    struct ssl_state state = {.fd = fd, .has_fd = 1};

    bpf_map_update_elem(&ssls, &key, &state, BPF_ANY);
}

static __always_inline void on_ctrl(__u64 ssl, __u32 command, const char *name)
{
    struct ssl_key key = {.ssl = ssl, .tgid = bpf_get_current_pid_tgid() >> 32};

    if (command == CTRL_SET_SERVER_NAME)
        blind_name(&key, name);
}

static __always_inline void handshake_emit(const struct ssl_state *state, __u64 now_ns)
{
    struct cs_event_handshake *record = emit_reserve(sizeof(*record), CS_LOSS_RING_HANDSHAKE);

    if (!record)
        return;
    event_init(&record->event, CS_EVENT_HANDSHAKE, sizeof(*record), state->conn_id, now_ns);
    record->begin_ns = state->begin_ns;
    record->calls = state->calls;
    record->library = state->library;
    record->pad = 0;
    emit_submit(record);
}

static __always_inline void on_success(struct ssl_state *state, __u64 now_ns)
{
    struct conn_ending ending = {.cause = CS_CAUSE_DONE};
    struct conn *conn;
    __u64 key;

    state->told = 1;
    state->done = 1;
    if (shared.has_wire) {
        handshake_emit(state, now_ns);
        return;
    }
    conn = knobs.read_kernel && state->has_fd ? blind_conn(state, &key) : 0;
    if (!conn)
        return;
    if (blind_is_over(state))
        handshake_emit(state, now_ns);
    else
        ending.cause = CS_CAUSE_LIMIT;
    conn_end(key, conn, now_ns, &ending);
}

/*
 * A step returns, on whichever stack it was entered, in whichever order. What is no success may be
 * "again" as well as "fatal": only success is told.
 */
static __always_inline void on_end(__u64 ssl, bool is_success)
{
    __u64 id = bpf_get_current_pid_tgid();
    struct ssl_key key = {.ssl = ssl, .tgid = id >> 32};
    struct ssl_state *state = bpf_map_lookup_elem(&ssls, &key);
    struct ssl_thread *thread = ssl_thread_find(id);

    if (thread && thread->call == ssl)
        thread->call = 0;
    if (!state || !state->is_explicit)
        return;
    if (thread && thread->ssl == ssl && !thread->conn_id)
        thread->stepped_ns = bpf_ktime_get_ns(); /* a memory BIO: the hello leaves now */
    /* Not bound: nothing was sent yet (OpenSSL 3 with early data returns 1 too soon), or nobody
     * knows where. */
    if (is_success && state->conn_id && !state->told)
        on_success(state, bpf_ktime_get_ns());
}

/* The object in whose handshake the current thread is; 0: in none that anybody knows of. */
static __always_inline __u64 object_in_handshake(__u64 id, __u64 now_ns)
{
    const struct ssl_thread *thread = ssl_thread_find(id);

    if (!thread)
        return 0;
    return thread->call == thread->ssl || is_recent(thread, now_ns) ? thread->ssl : 0;
}

/*
 * Errors are rare in a handshake that goes well, but not elsewhere (the end of every PEM file is
 * one): those of other parts of OpenSSL are let go first. It decides nothing, only names a failure.
 */
static __always_inline void on_error(__u32 part, __u32 reason)
{
    __u64 thread = bpf_get_current_pid_tgid();
    struct ssl_key key = {.tgid = thread >> 32};
    struct cs_event_tls_error *record;
    struct ssl_state *state;
    __u64 now_ns;

    if (part != CS_ERR_LIB_SSL)
        return;
    now_ns = bpf_ktime_get_ns();
    key.ssl = object_in_handshake(thread, now_ns);
    state = key.ssl ? bpf_map_lookup_elem(&ssls, &key) : 0;
    if (!state || !state->conn_id || state->told)
        return;
    record = emit_reserve(sizeof(*record), CS_LOSS_RING_HANDSHAKE);
    if (!record)
        return;
    event_init(&record->event, CS_EVENT_TLS_ERROR, sizeof(*record), state->conn_id, now_ns);
    record->reason = reason;
    record->pad = 0;
    emit_submit(record);
}

static __always_inline void at_end(const struct pt_regs *ctx, __u32 detail)
{
    struct preserved preserved = {};

    preserved_read(ctx, &preserved);
    on_end(preserved.at[detail >> 8 & 15], (__u32)preserved.at[detail & 15] == (detail >> 16 & 1));
}

/* One program for all entries where the probe carries a cookie: half the links to detach. */
SEC("uprobe")
int up_site(struct pt_regs *ctx)
{
    __u64 cookie = bpf_get_attach_cookie(ctx);
    __u64 ssl = PT_REGS_PARM1(ctx);

    keep_task_stack(ctx);
    switch (CS_COOKIE_PROBE(cookie)) {
    case CS_PROBE_STATEM:
        on_statem(ssl, cookie);
        break;
    case CS_PROBE_HANDSHAKE:
        on_handshake(ssl);
        break;
    case CS_PROBE_WHOLE:
        on_handshake(ssl);
        on_statem(ssl, cookie);
        break;
    case CS_PROBE_FREE:
        on_free(ssl);
        break;
    case CS_PROBE_SET_FD:
        on_set_fd(ssl, (__u32)PT_REGS_PARM2(ctx));
        break;
    case CS_PROBE_CTRL:
        on_ctrl(ssl, (__u32)PT_REGS_PARM2(ctx), (const char *)PT_REGS_PARM4(ctx));
        break;
    case CS_PROBE_ERROR:
        on_error((__u32)PT_REGS_PARM1(ctx), (__u32)PT_REGS_PARM2(ctx));
        break;
    case CS_PROBE_PUT_ERROR:
        on_error((__u32)PT_REGS_PARM1(ctx), (__u32)PT_REGS_PARM3(ctx));
        break;
    case CS_PROBE_LOOKUP:
        on_lookup(ssl, PT_REGS_PARM3(ctx), PT_REGS_PARM4(ctx));
        break;
    case CS_PROBE_END:
        at_end(ctx, CS_COOKIE_DETAIL(cookie));
        break;
    }
    return 0;
}

/* Kernels before 5.15: a program per function, the library unknown. */
SEC("uprobe")
int up_statem(struct pt_regs *ctx)
{
    keep_task_stack(ctx);
    on_statem(PT_REGS_PARM1(ctx), 0);
    return 0;
}

SEC("uprobe")
int up_handshake(struct pt_regs *ctx)
{
    keep_task_stack(ctx);
    on_handshake(PT_REGS_PARM1(ctx));
    return 0;
}

SEC("uprobe")
int up_whole(struct pt_regs *ctx)
{
    keep_task_stack(ctx);
    on_handshake(PT_REGS_PARM1(ctx));
    on_statem(PT_REGS_PARM1(ctx), 0);
    return 0;
}

SEC("uprobe")
int up_free(struct pt_regs *ctx)
{
    keep_task_stack(ctx);
    on_free(PT_REGS_PARM1(ctx));
    return 0;
}

SEC("uprobe")
int up_set_fd(struct pt_regs *ctx)
{
    keep_task_stack(ctx);
    on_set_fd(PT_REGS_PARM1(ctx), (__u32)PT_REGS_PARM2(ctx));
    return 0;
}

SEC("uprobe")
int up_ctrl(struct pt_regs *ctx)
{
    keep_task_stack(ctx);
    on_ctrl(PT_REGS_PARM1(ctx), (__u32)PT_REGS_PARM2(ctx), (const char *)PT_REGS_PARM4(ctx));
    return 0;
}

SEC("uprobe")
int up_error(struct pt_regs *ctx)
{
    keep_task_stack(ctx);
    on_error((__u32)PT_REGS_PARM1(ctx), (__u32)PT_REGS_PARM2(ctx));
    return 0;
}

SEC("uprobe")
int up_put_error(struct pt_regs *ctx)
{
    keep_task_stack(ctx);
    on_error((__u32)PT_REGS_PARM1(ctx), (__u32)PT_REGS_PARM3(ctx));
    return 0;
}

SEC("uprobe")
int up_end(struct pt_regs *ctx)
{
    __u32 place = PT_REGS_IP(ctx) & (CS_END_PLACES - 1);
    __u32 *detail = bpf_map_lookup_elem(&end_details, &place);

    keep_task_stack(ctx);
    if (detail && *detail)
        at_end(ctx, *detail);
    return 0;
}
