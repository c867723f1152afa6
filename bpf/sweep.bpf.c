/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Iterators that user space runs: sweep_conns tells the connections that are established for a
 * second without a byte (when stopping: all that are not complete), and ends the wait for TLS
 * behind a preamble; sweep_turns tells responses that nothing follows; seed_sockets, once at start,
 * enters the sockets that were open before us, with the process that holds them, in every
 * namespace, which iter/tcp (one network namespace, no process) could not.
 */
#include "conn.h"
#include "listen.h"
#include "process.h"
#include "socket.h"
#include "turns.h"

/*
 * A hundred thousand may be overdue at once, more than the ring holds: then user space reads it out
 * and reads on here, where it was left (1 makes read(2) on the iterator fail with EAGAIN). Half of
 * the ring is the hooks'.
 */
enum { NOT_NOW = 1 };

/* 0, too, for what happened after the clock was read: on another CPU, or in an interrupt. */
static __always_inline __u64 passed_ns(__u64 since_ns, __u64 now_ns)
{
    return now_ns > since_ns ? now_ns - since_ns : 0;
}

static __always_inline __u8 overdue(const struct conn *conn, __u64 now_ns)
{
    if (!conn->id || conn->told || conn->facts.flags & CS_CONN_PREEXISTING ||
        conn_lacks_end(conn) || !conn_wanted(conn))
        return 0;
    if (conn->phase < CONN_OPEN)
        return shared.stopping ? CS_REASON_STOPPED : 0;
    if (!shared.stopping && passed_ns(conn->facts.established_ns, now_ns) < knobs.silent_ns)
        return 0;
    return conn->phase == CONN_PAYLOAD ? CS_REASON_PAYLOAD : CS_REASON_SILENT;
}

/* Written already, or without an entry: it waits only for TLS that starts late. */
static __always_inline bool is_idle(const struct conn *conn)
{
    return conn->phase == CONN_OPEN && (conn->told || conn->facts.flags & CS_CONN_PREEXISTING);
}

/* The idle must not keep new connections out. */
static __always_inline bool crowded(void)
{
    return shared.room < 0;
}

/* TLS was awaited long enough, or its end. */
static __always_inline void give_up(__u64 key, const struct conn *conn, __u64 now_ns)
{
    bool is_settled = conn->phase == CONN_SEALED && !conn->inner;
    struct conn_ending ending = {.cause = is_settled ? CS_CAUSE_DONE : CS_CAUSE_LIMIT};
    __u64 patience_ns = is_settled ? knobs.silent_ns : knobs.preamble_ns;

    if (conn->phase != CONN_PREAMBLE && conn->phase != CONN_SEALED)
        return;
    if (passed_ns(conn->payload_ns, now_ns) > patience_ns)
        conn_end(key, conn, now_ns, &ending);
}

SEC("iter/bpf_map_elem")
int sweep_conns(struct bpf_iter__bpf_map_elem *ctx)
{
    struct cs_event_connection *record;
    const __u64 *at = ctx->key; /* read once: the verifier takes each read for another pointer */
    struct conn *conn = ctx->value;
    __u64 now_ns = bpf_ktime_get_ns();
    __u8 reason;
    __u64 key;

    if (!conn || !at)
        return 0;
    key = *at;
    reason = overdue(conn, now_ns);
    if (reason && ring_holds(knobs.ring_bytes / 2))
        return NOT_NOW;
    if (reason) {
        conn->told = 1; /* before it is: a packet may come in between */
        record = conn_record(conn, reason, reason == CS_REASON_PAYLOAD ? conn->payload_ns : now_ns);
        if (record) /* else it is counted */
            emit_submit(record);
    }
    if (!is_idle(conn) || !crowded()) {
        give_up(key, conn, now_ns);
    } else if (conn_remove(key)) {
        count_loss(CS_LOSS_FORGOTTEN);
        shared.room++;
    }
    return 0;
}

/* The response may be over: what came of it is told, once, so that its entry need not wait for the
 * next request. When stopping, every turn is told as far as it came. */
SEC("iter/bpf_map_elem")
int sweep_turns(struct bpf_iter__bpf_map_elem *ctx)
{
    struct turns *turns = ctx->value;
    const struct turns *told;
    struct cs_event_turn *record;
    __u64 now_ns = bpf_ktime_get_ns();

    if (!turns || turns->told || turns->direction == TURN_OF_NOBODY)
        return 0;
    if (!shared.stopping && (turns->direction != CS_FROM_SERVER ||
                             passed_ns(turns->last_ns[CS_FROM_SERVER], now_ns) < knobs.silent_ns))
        return 0;
    if (ring_holds(knobs.ring_bytes / 2))
        return NOT_NOW;
    told = plain_of(turns); /* with no record held: verifiers lose sight of it */
    record = emit_reserve(sizeof(*record), CS_LOSS_RING_TURN);
    if (!record)
        return 0; /* counted; the next sweep tries again */
    turns->told = 1;
    turns_fill_end(record, told, CS_TURN_QUIET, now_ns);
    emit_submit(record);
    return 0;
}

static __always_inline void read_sock(struct cs_facts *facts, struct sock *sk)
{
    facts->family = BPF_CORE_READ(sk, __sk_common.skc_family);
    facts->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
    facts->remote_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
    facts->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
    if (facts->family == AF_INET) {
        *(__u32 *)facts->remote_address = BPF_CORE_READ(sk, __sk_common.skc_daddr);
        *(__u32 *)facts->local_address = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
    } else {
        BPF_CORE_READ_INTO((struct in6_addr *)facts->remote_address, sk, __sk_common.skc_v6_daddr);
        BPF_CORE_READ_INTO((struct in6_addr *)facts->local_address, sk,
                           __sk_common.skc_v6_rcv_saddr);
    }
}

/* The task of the iterator, not the current one, which is the tracer. */
static __always_inline void process_of(struct cs_process *process, struct task_struct *task)
{
    process->tgid = BPF_CORE_READ(task, tgid);
    process->tid = BPF_CORE_READ(task, pid);
    process->uid = BPF_CORE_READ(task, cred, uid.val);
    BPF_CORE_READ_INTO(&process->comm, task, group_leader, comm);
    BPF_CORE_READ_INTO(&process->thread, task, comm);
}

static __always_inline void seed_listener(struct sock *sk, struct task_struct *task)
{
    struct cs_process process = {};
    struct listen_key key = {};

    if (!knobs.trace_server)
        return;
    key.netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
    key.port = BPF_CORE_READ(sk, __sk_common.skc_num);
    process_of(&process, task);
    bpf_map_update_elem(&listeners, &key, &process, BPF_NOEXIST);
}

/* Which end called connect is not known here: the one whose ClientHello comes is told by the wire.
 */
static __always_inline void seed_connection(struct sock *sk, struct task_struct *task)
{
    struct conn *conn;

    if (!knobs.trace_client || crowded() || !tree_has(BPF_CORE_READ(task, tgid)))
        return;
    conn = conn_create(sock_key_of((__u64)sk), bpf_ktime_get_ns(), 1);
    if (!conn)
        return;
    shared.room--;
    process_of(&conn->facts.process, task);
    read_sock(&conn->facts, sk);
    conn->facts.flags = CS_CONN_PREEXISTING;
    conn->facts.role = CS_ROLE_CLIENT;
    conn->phase = CONN_OPEN;
}

SEC("iter/task_file")
int seed_sockets(struct bpf_iter__task_file *ctx)
{
    struct task_struct *task = ctx->task;
    struct file *file = ctx->file;
    struct sock *sk;
    __u8 state;

    if (!task || !file || !knobs.read_kernel)
        return 0;
    sk = sock_of_file(file);
    if (!sk)
        return 0;
    state = BPF_CORE_READ(sk, __sk_common.skc_state);
    if (state == TCP_LISTEN)
        seed_listener(sk, task);
    else if (state == TCP_ESTABLISHED)
        seed_connection(sk, task);
    return 0;
}
