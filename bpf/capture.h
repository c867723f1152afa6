/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Copies bytes of a packet into the ring: no per-CPU scratch (softirq interrupts egress). */
#pragma once

#include "emit.h"
#include "packet.h"

/* Copies up to `room` bytes, a power of two, of the packet into a record of a constant size. */
static __always_inline void chunk_emit(struct __sk_buff *skb, const struct packet *packet,
                                       __u32 skip, __u32 room, __u8 flags)
{
    __u64 size = sizeof(struct cs_event_chunk) + room + 8;
    struct cs_event_chunk *chunk;
    __u32 length = packet->length - skip;

    if (packet->length <= skip)
        return;
    if (length > room)
        length = room;
    chunk = emit_reserve(size, CS_LOSS_RING_CHUNK);
    if (!chunk)
        return;
    /*
     * The bounds once more, as arithmetic on one register and where the verifier needs them:
     * before Linux 6.8 it learns nothing from a comparison with 0.
     */
    barrier_var(length);
    length = ((length - 1) & (room - 1)) + 1;
    if (bpf_skb_load_bytes(skb, packet->payload + skip, chunk->data, length)) {
        bpf_ringbuf_discard(chunk, BPF_RB_NO_WAKEUP);
        return;
    }
    __builtin_memset(chunk->data + length, 0, 8); /* what pads the record on a tape */
    event_init(&chunk->event, CS_EVENT_CHUNK, sizeof(*chunk) + ((length + 7) & ~7u),
               packet->conn_id, bpf_ktime_get_ns());
    chunk->offset = packet->offset + skip;
    chunk->data_bytes = length;
    chunk->direction = packet->direction;
    chunk->flags = flags;
    emit_submit(chunk);
}

static __noinline int capture(struct __sk_buff *skb, struct packet *packet)
{
    __u32 skip = 0;

    if (packet->length <= CS_CHUNK_SMALL_BYTES) {
        chunk_emit(skb, packet, 0, CS_CHUNK_SMALL_BYTES, 0);
        return 0;
    }
    for (int i = 0; i < CS_CHUNKS_PER_PACKET && skip < packet->length; i++) {
        chunk_emit(skb, packet, skip, CS_CHUNK_MAX_BYTES, 0);
        skip += CS_CHUNK_MAX_BYTES;
    }
    return 0;
}
