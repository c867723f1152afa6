/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The return of getaddrinfo(3): the name, which its caller still holds, and the addresses. */
#include "lookup.h"
#include "uprobe.h"

/* struct addrinfo of 64-bit glibc and musl. */
struct user_addrinfo {
    __s32 flags, family, socktype, protocol;
    __u32 address_bytes, pad;
    __u64 address;
    __u64 canonical_name;
    __u64 next;
};

enum { INET6_ADDRSTRLEN = 46 }; /* netinet/in.h */
enum { SOCKADDR_IN_ADDRESS = 4, SOCKADDR_IN6_ADDRESS = 8, MAPPED_ADDRESS = 12 };

/* v4-mapped where it is IPv4; of another family it stays all zeroes. */
static __always_inline void read_address(const struct user_addrinfo *info, __u8 *to)
{
    if (info->family == AF_INET6) {
        bpf_probe_read_user(to, 16, (void *)(info->address + SOCKADDR_IN6_ADDRESS));
    } else if (info->family == AF_INET) {
        to[10] = to[11] = 0xff;
        bpf_probe_read_user(to + MAPPED_ADDRESS, 4, (void *)(info->address + SOCKADDR_IN_ADDRESS));
    }
}

static __always_inline void read_addresses(struct cs_event_lookup *record, __u64 result)
{
    struct user_addrinfo info;
    __u64 at = 0;

    bpf_probe_read_user(&at, sizeof(at), (void *)result);
    for (int i = 0; i < CS_LOOKUP_ADDRESSES && at; i++) {
        if (bpf_probe_read_user(&info, sizeof(info), (void *)at))
            return;
        read_address(&info, record->addresses[i]);
        record->address_count = i + 1;
        at = info.next;
    }
    if (at)
        count_loss(CS_LOSS_RING_DNS);
}

/* "192.0.2.1", "fe80::1%eth0": nothing was looked up, and what connects by number is no rarity. */
static __always_inline bool is_numeric(__u64 node)
{
    char text[INET6_ADDRSTRLEN] = {};
    bool only_digits = 1;

    bpf_probe_read_user_str(text, sizeof(text), (void *)node);
    for (unsigned i = 0; i < sizeof(text) && text[i]; i++) {
        if (text[i] == ':') /* never in a name */
            return 1;
        if (text[i] != '.' && (text[i] < '0' || text[i] > '9'))
            only_digits = 0;
    }
    return only_digits;
}

static __always_inline void on_lookup_return(__s32 error)
{
    __u64 thread = bpf_get_current_pid_tgid(), now_ns = bpf_ktime_get_ns();
    struct lookup_call *known = bpf_map_lookup_elem(&lookup_calls, &thread);
    struct cs_event_lookup *record;
    struct lookup_call call;

    if (!knobs.read_kernel || !knobs.trace_client || !tree_has(thread >> 32))
        return;
    if (!known) {
        count_loss(CS_LOSS_FORGOTTEN); /* more calls at once than the table holds */
        return;
    }
    call = *known;
    bpf_map_delete_elem(&lookup_calls, &thread);
    if (!call.node || (!error && is_numeric(call.node))) /* "1.2.3.400" is asked for as a name */
        return;
    record = emit_reserve(sizeof(*record), CS_LOSS_RING_DNS);
    if (!record)
        return;
    __builtin_memset(record, 0, sizeof(*record)); /* clang does 1 KB at most */
    event_init(&record->event, CS_EVENT_LOOKUP, sizeof(*record),
               call.start_ns * CS_MAX_CPUS_IN_ID | (bpf_get_smp_processor_id() % CS_MAX_CPUS_IN_ID),
               now_ns);
    process_calling(&record->process);
    record->process.cgroup_id = bpf_get_current_cgroup_id();
    record->start_ns = call.start_ns;
    record->error = error;
    record->netns = netns_current();
    bpf_probe_read_user_str(record->name, sizeof(record->name), (void *)call.node);
    if (!error)
        read_addresses(record, call.result);
    emit_submit(record);
}

/* Kernels before 5.15; later ones have it in up_site. */
SEC("uprobe")
int up_lookup(struct pt_regs *ctx)
{
    keep_task_stack(ctx);
    on_lookup(PT_REGS_PARM1(ctx), PT_REGS_PARM3(ctx), PT_REGS_PARM4(ctx));
    return 0;
}

SEC("uretprobe")
int ur_lookup(struct pt_regs *ctx)
{
    keep_task_stack(ctx);
    on_lookup_return((__s32)PT_REGS_RC(ctx));
    return 0;
}
