/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Programs that do nothing, by the names and at the places of the real ones: what hooks cost
 * whatever is in them, and what the kernel's run-time statistics show of a program that takes no
 * time.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define EMPTY(section, name, status)                                                               \
    SEC(section)                                                                                   \
    int name(void *ctx)                                                                            \
    {                                                                                              \
        return status;                                                                             \
    }

EMPTY("cgroup/connect4", cg_connect4, 1)
EMPTY("cgroup/connect6", cg_connect6, 1)
EMPTY("cgroup_skb/egress", cg_egress, 1)
EMPTY("cgroup_skb/ingress", cg_ingress, 1)
EMPTY("tp_btf/inet_sock_set_state", tp_sock_state, 0)
EMPTY("tp_btf/tcp_destroy_sock", tp_sock_destroy, 0)
EMPTY("uprobe", up_site, 0)
EMPTY("uretprobe", ur_lookup, 0)

char LICENSE[] SEC("license") = "Dual MIT/GPL";
