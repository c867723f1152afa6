/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Who exchanges DNS messages, and the way in for the packet program; the rest is dns.bpf.c's. */
#pragma once

#include "emit.h"

enum { DNS_PORT = 53 };

#define DNS_PORT_BE bpf_htons(DNS_PORT)

/* Sockets that sent a query, by sock_key_of() (key.h), with the process that sent it: answers come
 * in softirq, and what nobody asked for is none. */
struct dns_sockets_map {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, CS_MAX_DNS);
    __type(key, __u64);
    __type(value, __u32);
};
extern struct dns_sockets_map dns_sockets SEC(".maps");

/* Processes that answer from port 53. */
struct dns_servers_map {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, CS_MAX_DNS);
    __type(key, __u32);
    __type(value, __u8);
};
extern struct dns_servers_map dns_servers SEC(".maps");

/* A packet whose socket is connected to port 53, or to nobody: UDP, then. */
int dns_packet(struct __sk_buff *skb, __u32 egress);
