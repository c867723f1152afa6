/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The server's side: who listens on a port, and when a SYN reached it. Filled only by --role
 * server. */
#pragma once

#include "emit.h"

struct listen_key {
    __u32 netns;
    __u32 port;
};

struct syn_key {
    __u8 remote_address[16];
    __u16 remote_port;
    __u16 local_port;
};

/* Its child is known by the sequence number, whatever namespace or address it belongs to. */
struct syn_seen {
    __u64 ns;
    __u64 payload_ns; /* the client's first bytes completed the handshake; 0: they did not */
    __u64 conn_id;    /* they are TLS, and were captured for the child that will have this id */
    __u32 seq;
    __u32 length; /* of that payload */
    __u32 next;   /* offset of the record behind its first one */
    __u32 pad;
};

struct listeners_map {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, CS_MAX_LISTENERS);
    __type(key, struct listen_key);
    __type(value, struct cs_process);
};
extern struct listeners_map listeners SEC(".maps");

struct syns_map {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, CS_MAX_SYNS);
    __type(key, struct syn_key);
    __type(value, struct syn_seen);
};
extern struct syns_map syns SEC(".maps");

/* A packet on a v6 listener may be IPv4, the child's address then v4-mapped: compare 4 bytes. */
static __always_inline void syn_key_of_facts(struct syn_key *key, const struct cs_facts *facts)
{
    const __u32 *address = (const __u32 *)facts->remote_address;
    __u32 *out = (__u32 *)key->remote_address;

    if (facts->family == AF_INET) {
        out[0] = address[0];
    } else if (!address[0] && !address[1] && address[2] == bpf_htonl(0xffff)) {
        out[0] = address[3];
    } else {
        out[0] = address[0];
        out[1] = address[1];
        out[2] = address[2];
        out[3] = address[3];
    }
    key->remote_port = facts->remote_port;
    key->local_port = facts->local_port;
}
