/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * connectStart: a program asks for a connection. One handler, three rungs: fentry and kprobe on
 * tcp_v4_connect and tcp_v6_connect see also the errno of a connect that never sent a SYN; the
 * cgroup hook is called just before them, in process context too, also for io_uring and
 * MSG_FASTOPEN, and attaches on kernels that refuse the others. User space picks by autoload.
 * No field of the socket is read here: it is not set up yet.
 */
#include "conn.h"
#include "process.h"

/* kretprobe has no arguments: the socket of the connect that a thread is in. */
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 8192);
    __type(key, __u64);
    __type(value, __u64);
} connect_calls SEC(".maps");

/* Fills in what the call says of itself. False: not ours, or it is known. */
static __always_inline bool on_connect(__u64 key, __u8 source, struct conn *called)
{
    struct cs_facts *facts = &called->facts;
    struct conn *conn;

    facts->start_ns = bpf_ktime_get_ns();
    if (!knobs.trace_client)
        return 0;
    if (knobs.filter_tree && !tree_has(bpf_get_current_pid_tgid() >> 32))
        return 0;
    conn = conn_find(key);
    if (conn) {
        /* tcp_v6_connect calls tcp_v4_connect for a v4-mapped address: the first call counts. */
        if (conn->phase == CONN_CALLED && conn->in_call)
            return 0;
        /* The last connect on this socket sent no SYN (the cgroup rung), or outlived its end. */
        if (conn->phase == CONN_CALLED)
            conn->facts.flags |= CS_CONN_NO_SYN;
        conn_outlive(key, conn,
                     conn->phase == CONN_CALLED ? conn->facts.start_ns : facts->start_ns);
    }
    called->id = conn_id_now(facts->start_ns);
    facts->start_source = source;
    facts->role = CS_ROLE_CLIENT;
    process_calling(&facts->process);
    facts->process.cgroup_id = bpf_get_current_cgroup_id();
    return 1;
}

static __always_inline void on_connect_return(__u64 key, int ret)
{
    struct conn_ending ending = {.cause = CS_CAUSE_KERNEL, .error = -ret};
    struct conn *conn = conn_find(key);

    if (!conn)
        return;
    conn->in_call = 0;
    if (!ret)
        return;
    if (!conn->facts.syn_sent_ns)
        conn->facts.flags |= CS_CONN_NO_SYN;
    conn_complete(key, conn, CS_REASON_FAILED, bpf_ktime_get_ns(), &ending);
}

/* The address as the program gave it: the socket has none if no route is found. */
static __always_inline void read_destination(struct cs_facts *facts, const void *address)
{
    __u8 bytes[24] = {}; /* of struct sockaddr_in6: family, port, flow, address */
    __u16 family = 0;

    if (!knobs.read_kernel || bpf_probe_read_kernel(&family, sizeof(family), address))
        return;
    facts->family = family;
    if (family == AF_INET && !bpf_probe_read_kernel(bytes, 8, address))
        __builtin_memcpy(facts->remote_address, bytes + 4, 4);
    else if (family == AF_INET6 && !bpf_probe_read_kernel(bytes, sizeof(bytes), address))
        __builtin_memcpy(facts->remote_address, bytes + 8, 16);
    facts->remote_port = bytes[2] << 8 | bytes[3];
}

static __always_inline int enter(__u64 key, const void *address, __u8 source)
{
    struct conn called = {.in_call = 1};

    if (!on_connect(key, source, &called))
        return 0;
    read_destination(&called.facts, address);
    conn_insert(key, &called, called.facts.start_ns, 0);
    return 0;
}

SEC("fentry/tcp_v4_connect")
int BPF_PROG(fe_v4_connect, struct sock *sk, struct sockaddr *address)
{
    return enter(sock_key(sk), address, CS_START_FENTRY);
}

SEC("fentry/tcp_v6_connect")
int BPF_PROG(fe_v6_connect, struct sock *sk, struct sockaddr *address)
{
    return enter(sock_key(sk), address, CS_START_FENTRY);
}

SEC("fexit/tcp_v4_connect")
int BPF_PROG(fx_v4_connect, struct sock *sk, struct sockaddr *address, int length, int ret)
{
    on_connect_return(sock_key(sk), ret);
    return 0;
}

SEC("fexit/tcp_v6_connect")
int BPF_PROG(fx_v6_connect, struct sock *sk, struct sockaddr *address, int length, int ret)
{
    on_connect_return(sock_key(sk), ret);
    return 0;
}

static __always_inline int kprobe_enter(struct pt_regs *ctx)
{
    __u64 key = sock_key_of(PT_REGS_PARM1(ctx));
    __u64 thread = bpf_get_current_pid_tgid();

    enter(key, (const void *)PT_REGS_PARM2(ctx), CS_START_KPROBE);
    bpf_map_update_elem(&connect_calls, &thread, &key, BPF_ANY);
    return 0;
}

static __always_inline int kprobe_return(struct pt_regs *ctx)
{
    __u64 thread = bpf_get_current_pid_tgid();
    __u64 *key = bpf_map_lookup_elem(&connect_calls, &thread);

    if (key)
        on_connect_return(*key, (int)PT_REGS_RC(ctx));
    return 0;
}

SEC("kprobe/tcp_v4_connect")
int kp_v4_connect(struct pt_regs *ctx)
{
    return kprobe_enter(ctx);
}

SEC("kprobe/tcp_v6_connect")
int kp_v6_connect(struct pt_regs *ctx)
{
    return kprobe_enter(ctx);
}

SEC("kretprobe/tcp_v4_connect")
int kr_v4_connect(struct pt_regs *ctx)
{
    return kprobe_return(ctx);
}

SEC("kretprobe/tcp_v6_connect")
int kr_v6_connect(struct pt_regs *ctx)
{
    return kprobe_return(ctx);
}

/* These two may refuse a connect: every path returns 1, "go on". */
SEC("cgroup/connect4")
int cg_connect4(struct bpf_sock_addr *ctx)
{
    struct conn called = {0};
    __u32 address;
    __u64 key;

    if (ctx->type != SOCK_STREAM || ctx->protocol != IPPROTO_TCP || !ctx->sk)
        return 1;
    key = sock_key(ctx->sk);
    if (!on_connect(key, CS_START_CGROUP, &called))
        return 1;
    address = ctx->user_ip4;
    called.facts.family = AF_INET;
    called.facts.remote_port = bpf_ntohs((__u16)ctx->user_port);
    __builtin_memcpy(called.facts.remote_address, &address, sizeof(address));
    conn_insert(key, &called, called.facts.start_ns, 0);
    return 1;
}

SEC("cgroup/connect6")
int cg_connect6(struct bpf_sock_addr *ctx)
{
    struct conn called = {0};
    __u32 *address = (__u32 *)called.facts.remote_address;
    __u64 key;

    if (ctx->type != SOCK_STREAM || ctx->protocol != IPPROTO_TCP || !ctx->sk)
        return 1;
    key = sock_key(ctx->sk);
    if (!on_connect(key, CS_START_CGROUP, &called))
        return 1;
    address[0] = ctx->user_ip6[0];
    address[1] = ctx->user_ip6[1];
    address[2] = ctx->user_ip6[2];
    address[3] = ctx->user_ip6[3];
    called.facts.family = AF_INET6;
    called.facts.remote_port = bpf_ntohs((__u16)ctx->user_port);
    conn_insert(key, &called, called.facts.start_ns, 0);
    return 1;
}
