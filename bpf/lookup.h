/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Calls of getaddrinfo(3), for lookups that no packet shows: /etc/hosts, nscd, a resolver behind a
 * socket of its own. Noted at the entry; lookup.bpf.c tells them at the return.
 */
#pragma once

#include "process.h"

enum { AI_NUMERIC_HOST = 0x4 }; /* netdb.h: no lookup, the text is an address or an error */

struct lookup_call {
    __u64 start_ns;
    __u64 node;   /* the name, in user memory as the following; 0: nothing is looked up */
    __u64 result; /* where the list of addresses will be hung up */
};

struct lookup_calls_map {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, CS_MAX_DNS);
    __type(key, __u64); /* tgid << 32 | tid */
    __type(value, struct lookup_call);
};
extern struct lookup_calls_map lookup_calls SEC(".maps");

static __always_inline void on_lookup(__u64 node, __u64 hints, __u64 result)
{
    struct lookup_call call = {.start_ns = bpf_ktime_get_ns(), .node = node, .result = result};
    __u64 thread = bpf_get_current_pid_tgid();
    __s32 flags = 0; /* the first member of the hints */

    /* Without the kernel's memory libbpf turns reads of the user's into what is refused, too
     * (ssl_blind.h). */
    if (!knobs.read_kernel || !knobs.trace_client || !tree_has(thread >> 32))
        return;
    if (hints)
        bpf_probe_read_user(&flags, sizeof(flags), (void *)hints);
    if (flags & AI_NUMERIC_HOST)
        call.node = 0;
    bpf_map_update_elem(&lookup_calls, &thread, &call, BPF_ANY); /* its return will ask for it */
}
