/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The life of a socket by tp_btf/inet_sock_set_state and tcp_destroy_sock: the rung that every
 * kernel with BTF has. SYN_SENT and LISTEN run in the caller's context; ESTABLISHED and most CLOSE
 * run in softirq under any task. Socket fields are read here, by plain loads: they are legal under
 * lockdown=confidentiality too.
 */
#include "conn.h"
#include "listen.h"
#include "process.h"
#include "ssl.h"
#include "turns.h"

static __always_inline void read_tuple(struct cs_facts *facts, struct sock *sk)
{
    __u16 family = sk->__sk_common.skc_family;

    facts->family = family;
    facts->netns = sk->__sk_common.skc_net.net->ns.inum;
    facts->remote_port = bpf_ntohs(sk->__sk_common.skc_dport);
    if (sk->__sk_common.skc_num)
        facts->local_port = sk->__sk_common.skc_num;
    if (family == AF_INET) {
        *(__u32 *)facts->remote_address = sk->__sk_common.skc_daddr;
        *(__u32 *)facts->local_address = sk->__sk_common.skc_rcv_saddr;
    } else {
        *(struct in6_addr *)facts->remote_address = sk->__sk_common.skc_v6_daddr;
        *(struct in6_addr *)facts->local_address = sk->__sk_common.skc_v6_rcv_saddr;
    }
}

static __always_inline void read_tcp(struct conn *conn, struct sock *sk)
{
    struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);

    if (!tp)
        return;
    conn->facts.rtt_us = tp->srtt_us >> 3;
    conn->facts.syn_retransmits = tp->total_retrans > 255 ? 255 : tp->total_retrans;
    if (BPF_CORE_READ_BITFIELD(tp, syn_data))
        conn->facts.flags |= CS_CONN_TFO;
    if (bpf_core_field_exists(tp->is_mptcp) && tp->is_mptcp)
        conn->facts.flags |= CS_CONN_MPTCP;
    if (!conn->facts.local_port)
        conn->facts.local_port = bpf_ntohs(tp->inet_conn.icsk_inet.inet_sport);
    /* The SYN told them already, unless the packet program came later than the SYN. */
    if (!(conn->seen[CS_FROM_SERVER] & SEEN_BASE) && conn->facts.role == CS_ROLE_SERVER) {
        conn->base[CS_FROM_CLIENT] = tp->rcv_nxt;
        conn->base[CS_FROM_SERVER] = tp->snd_una;
        conn->seen[CS_FROM_CLIENT] |= SEEN_BASE;
        conn->seen[CS_FROM_SERVER] |= SEEN_BASE;
    }
}

static __always_inline void on_syn_sent(struct sock *sk, __u64 key, __u64 now_ns)
{
    struct conn *conn = conn_find(key);

    if (conn && conn->phase != CONN_CALLED) {
        conn_outlive(key, conn, now_ns);
        conn = 0;
    }
    if (!conn) {
        if (knobs.filter_tree && !tree_has(bpf_get_current_pid_tgid() >> 32))
            return;
        conn = conn_of_syn(key, now_ns, 1);
        if (!conn)
            return;
        conn->facts.process.cgroup_id = bpf_get_current_cgroup_id();
    }
    conn->phase = CONN_SYN_SENT;
    conn->facts.syn_sent_ns = now_ns;
    read_tuple(&conn->facts, sk); /* a failure clears it before it is told */
}

/* The listener filtered the child's first payload in its stead (listener.h). */
static __always_inline void take_first_bytes(struct conn *conn, const struct syn_seen *seen)
{
    conn->payload_ns = seen->payload_ns;
    if (!seen->conn_id)
        return;
    conn->id = seen->conn_id;
    conn->phase = CONN_SYN_TLS;
    conn->end[CS_FROM_CLIENT] = seen->length;
    conn->next[CS_FROM_CLIENT] = seen->next;
}

/* A child of a listener: a connection of the server's side. */
static __always_inline struct conn *on_accepted(struct sock *sk, __u64 key, __u64 now_ns)
{
    struct cs_process *process;
    struct listen_key listen = {};
    struct syn_key syn = {};
    struct conn *conn;
    struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
    struct syn_seen *seen;

    conn = conn_create(key, now_ns, 1);
    if (!conn)
        return 0;
    read_tuple(&conn->facts, sk);
    conn->facts.role = CS_ROLE_SERVER;
    conn->facts.start_ns = now_ns;
    conn->facts.start_source = CS_START_ESTABLISHED;
    syn_key_of_facts(&syn, &conn->facts);
    seen = bpf_map_lookup_elem(&syns, &syn);
    if (seen && tp && seen->seq + 1 == tp->rcv_nxt) {
        conn->facts.start_ns = seen->ns;
        conn->facts.start_source = CS_START_SYN;
        take_first_bytes(conn, seen);
        bpf_map_delete_elem(&syns, &syn);
    }
    listen.netns = conn->facts.netns;
    listen.port = conn->facts.local_port;
    process = bpf_map_lookup_elem(&listeners, &listen);
    if (process)
        conn->facts.process = *process;
    return conn;
}

static __always_inline void on_established(struct sock *sk, __u64 key, int old)
{
    struct conn *conn = conn_find(key);
    __u64 now_ns;

    if (!conn && !(old == TCP_SYN_RECV && knobs.trace_server))
        return;
    now_ns = bpf_ktime_get_ns();
    if (conn && old == TCP_SYN_RECV && conn->phase >= CONN_OPEN) {
        conn_outlive(key, conn, now_ns);
        conn = 0;
    }
    if (!conn && knobs.trace_server)
        conn = on_accepted(sk, key, now_ns);
    if (!conn)
        return;
    conn->facts.established_ns = now_ns;
    read_tuple(&conn->facts, sk);
    read_tcp(conn, sk);
    if (conn->phase == CONN_SYN_TLS) {
        conn->phase = CONN_TLS;
        if (conn_wanted(conn))
            conn_tell(conn, CS_REASON_TLS, now_ns);
    } else if (conn->payload_ns && conn->facts.role == CS_ROLE_SERVER) {
        conn->phase = CONN_PAYLOAD;
    } else if (conn->payload_ns) {
        struct conn_ending none = {};

        conn_complete(key, conn, CS_REASON_PAYLOAD, conn->payload_ns, &none);
    } else if (conn->phase < CONN_OPEN) {
        conn->phase = CONN_OPEN;
    }
}

static __always_inline void on_listen(struct sock *sk)
{
    struct listen_key key = {};
    struct cs_process process = {};

    if (!knobs.trace_server)
        return;
    key.netns = sk->__sk_common.skc_net.net->ns.inum;
    key.port = sk->__sk_common.skc_num;
    process_calling(&process);
    process.cgroup_id = bpf_get_current_cgroup_id();
    bpf_map_update_elem(&listeners, &key, &process, BPF_ANY);
}

/* Connect failed after SYN_SENT, before a SYN left (no free port): nobody closed the socket. */
static __always_inline bool never_sent(struct sock *sk)
{
    struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);

    return tp && !tp->segs_out && !BPF_CORE_READ_BITFIELD(sk, sk_shutdown);
}

enum { SOCK_DONE = 1 }; /* enum sock_flags of net/sock.h */

/* The peer's FIN came (tcp_fin), also behind our own: its last word is then no state of its own. */
static __always_inline bool has_finished(struct sock *sk)
{
    return sk->__sk_common.skc_flags & 1UL << SOCK_DONE;
}

/* Why it ends: sk_err tells. With none, somebody closed it, in whose context we then are. */
static __always_inline void why(struct conn_ending *ending, struct sock *sk, int state)
{
    struct task_struct *task = (void *)bpf_get_current_task();
    int code;

    ending->error = sk->sk_err;
    ending->cause = CS_CAUSE_KERNEL;
    if (ending->error || never_sent(sk))
        return;
    if (state == TCP_CLOSE_WAIT || has_finished(sk)) {
        ending->cause = CS_CAUSE_PEER;
        return;
    }
    ending->cause = CS_CAUSE_CLOSE;
    if (!knobs.read_kernel || !(BPF_CORE_READ(task, flags) & PF_EXITING))
        return;
    code = BPF_CORE_READ(task, exit_code) & 0x7f;
    if (code) {
        ending->cause = CS_CAUSE_SIGNAL;
        ending->signal = code;
    }
}

/* Connect called, no SYN ever sent: it failed at once, only nobody told us the errno. */
static __always_inline void complete_unsent(__u64 key, struct conn *conn)
{
    struct conn_ending ending = {.cause = CS_CAUSE_KERNEL};

    conn->facts.flags |= CS_CONN_NO_SYN;
    conn_complete(key, conn, CS_REASON_FAILED, conn->facts.start_ns, &ending);
}

/* The last exchange is over when nobody is there any more to read what comes. */
static __always_inline void on_turns_ended(struct sock *sk, __u64 key, int state)
{
    __u64 now_ns = bpf_ktime_get_ns();
    struct conn_ending ending = {};

    if (state == TCP_FIN_WAIT1 && BPF_CORE_READ_BITFIELD(sk, sk_shutdown) != SHUTDOWN_BOTH)
        return; /* shutdown(SHUT_WR): the response may still come */
    if (state == TCP_CLOSE_WAIT && turns_eof(key, now_ns))
        return;
    why(&ending, sk, state);
    turns_end(key, &ending, now_ns);
}

static __always_inline void on_ended(struct sock *sk, __u64 key, int old, int state)
{
    struct conn *conn = conn_find(key);
    struct conn_ending ending = {};
    __u64 now_ns;

    if (!conn) {
        if (knobs.requests)
            on_turns_ended(sk, key, state);
        return;
    }
    now_ns = bpf_ktime_get_ns();
    if (conn->phase == CONN_CALLED) {
        if (!conn->in_call) /* else the return of connect brings the errno */
            complete_unsent(key, conn);
        return;
    }
    why(&ending, sk, state);
    if (old == TCP_ESTABLISHED && conn->phase == CONN_SYN_SENT) {
        conn_repair(conn, now_ns);
        read_tuple(&conn->facts, sk);
        read_tcp(conn, sk);
    }
    if (conn_lacks_end(conn)) {
        if (conn->phase != CONN_SEALED) /* its call may be on its way back */
            ssl_release(conn, 1);
        conn_end(key, conn, now_ns, &ending);
        return;
    }
    if (conn->phase < CONN_OPEN) {
        if (conn->in_call && !ending.error)
            return; /* as above */
        read_tcp(conn, sk);
        conn_complete(key, conn, CS_REASON_FAILED, now_ns, &ending);
    } else if (conn->told || conn->facts.flags & CS_CONN_PREEXISTING || !conn_wanted(conn)) {
        conn_remove(key); /* its entry is written, or it has none */
    } else if (conn->phase == CONN_PAYLOAD) {
        conn_complete(key, conn, CS_REASON_PAYLOAD, conn->payload_ns, &ending);
    } else {
        conn_complete(key, conn, CS_REASON_CLOSED, now_ns, &ending);
    }
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tp_sock_state, struct sock *sk, int old, int state)
{
    __u64 key = sock_key(sk);

    if (sk->sk_protocol != IPPROTO_TCP)
        return 0;
    if (state == TCP_SYN_SENT)
        on_syn_sent(sk, key, bpf_ktime_get_ns());
    else if (state == TCP_ESTABLISHED)
        on_established(sk, key, old);
    else if (state == TCP_LISTEN)
        on_listen(sk);
    else if (state == TCP_CLOSE || old == TCP_ESTABLISHED)
        on_ended(sk, key, old, state);
    return 0;
}

/* The last word: what no state change ended must not stay for the next socket at this address. */
SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(tp_sock_destroy, struct sock *sk)
{
    on_ended(sk, sock_key(sk), TCP_CLOSE, TCP_CLOSE);
    return 0;
}
