/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* One TCP packet as cgroup_skb shows it: where its payload lies. What it means is packet.bpf.c's.
 */
#pragma once

#include "kernel.h"

#include "wire/event.h"

enum { TCP_FLAG_SYN_BIT = 0x02 };

struct packet {
    __u64 conn_id;
    __u32 payload; /* offset of the TCP payload in the packet */
    __u32 length;  /* of the payload */
    __u32 seq;
    __u32 offset; /* of the payload in its direction's stream */
    __u8 flags;   /* of the TCP header */
    __u8 direction;
    __u8 egress;
    __u8 state; /* of the socket: TCP_SYN_SENT ... */
};

/* Offsets and sequence numbers count modulo 2^32. */
static __always_inline bool lies_behind(__u32 offset, __u32 mark)
{
    return (__s32)(offset - mark) > 0;
}

/*
 * False: no TCP. Read in place: the headers of a packet that has a socket lie in one piece here,
 * since the host's own TCP has just written or read them there.
 */
static __always_inline bool packet_parse(struct __sk_buff *skb, struct packet *packet)
{
    const __u8 *ip = (const __u8 *)(long)skb->data, *tcp;
    const __u8 *behind = (const __u8 *)(long)skb->data_end;
    __u32 at = 40;

    if (ip + at > behind)
        return 0;
    if (ip[0] >> 4 == 4) {
        if (ip[9] != IPPROTO_TCP)
            return 0;
        at = (ip[0] & 0xf) * 4;
    } else if (ip[6] != IPPROTO_TCP) { /* extension headers on TCP: not followed */
        return 0;
    }
    tcp = ip + at;
    if (tcp + 20 > behind)
        return 0;
    packet->seq = (__u32)tcp[4] << 24 | tcp[5] << 16 | tcp[6] << 8 | tcp[7];
    packet->flags = tcp[13];
    packet->payload = at + (tcp[12] >> 4) * 4;
    packet->length = skb->len > packet->payload ? skb->len - packet->payload : 0;
    return 1;
}
