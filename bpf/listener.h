/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Packets that a listener filters in place of a child that does not exist yet: the SYN, and the
 * packet that completes the TCP handshake. That one may hold the client's first bytes: if the pure
 * ACK was lost, and always with TCP_DEFER_ACCEPT, which drops it on purpose.
 */
#pragma once

#include "capture.h"
#include "listen.h"
#include "preamble.h"
#include "records.h"

static __always_inline bool syn_key_of_packet(struct __sk_buff *skb, struct syn_key *key)
{
    __u8 version = 0, ports[4];

    if (bpf_skb_load_bytes(skb, 0, &version, 1))
        return 0;
    if (version >> 4 == 4) {
        if (bpf_skb_load_bytes(skb, 12, key->remote_address, 4) ||
            bpf_skb_load_bytes(skb, (version & 0xf) * 4, ports, 4))
            return 0;
    } else if (bpf_skb_load_bytes(skb, 8, key->remote_address, 16) ||
               bpf_skb_load_bytes(skb, 40, ports, 4)) {
        return 0;
    }
    key->remote_port = ports[0] << 8 | ports[1];
    key->local_port = ports[2] << 8 | ports[3];
    return 1;
}

/* What precedes TLS is not followed here: such a child is told as a plain connection. */
static __always_inline void on_first_bytes(struct __sk_buff *skb, struct packet *packet,
                                           struct syn_seen *seen)
{
    __u64 now_ns = bpf_ktime_get_ns();
    __u32 opening = opening_of(skb, packet->payload, packet->length, OPENING_NONE);
    __u32 record;

    seen->payload_ns = now_ns;
    seen->length = packet->length;
    if (opening != OPENING_TLS)
        return;
    record = record_at(skb, packet->payload);
    seen->next = RECORD_HEADER_BYTES + (record >> 16);
    seen->conn_id = conn_id_now(now_ns);
    packet->conn_id = seen->conn_id;
    packet->direction = CS_FROM_CLIENT;
    packet->offset = 0;
    capture(skb, packet);
}

static __always_inline void on_listener(struct __sk_buff *skb, struct packet *packet)
{
    bool syn = packet->flags & TCP_FLAG_SYN_BIT;
    struct syn_seen fresh = {.ns = bpf_ktime_get_ns(), .seq = packet->seq};
    struct syn_key key = {};
    struct syn_seen *seen;

    if ((!syn && !packet->length) || !syn_key_of_packet(skb, &key))
        return;
    seen = bpf_map_lookup_elem(&syns, &key);
    if (syn && (!seen || seen->seq != fresh.seq)) /* else it is repeated: the first one counts */
        bpf_map_update_elem(&syns, &key, &fresh, BPF_ANY);
    else if (!syn && seen && seen->seq + 1 == packet->seq && !seen->payload_ns)
        on_first_bytes(skb, packet, seen);
}
