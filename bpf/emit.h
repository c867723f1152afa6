/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The way out: reserve a record in the ring, fill it, submit it. A record that finds no room is
 * counted by kind. Submitting wakes nobody (a wake-up per event halves the connection rate of a
 * busy host) unless the reader said that it sleeps, or a quarter of the ring is full: then one
 * record wakes it, once.
 */
#pragma once

#include "kernel.h"

#include "wire/event.h"
#include "wire/knobs.h"
#include "wire/limits.h"

extern const volatile struct cs_knobs knobs;
extern struct cs_shared shared;

struct ring_map {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 1 << 20);
};
extern struct ring_map ring SEC(".maps");

struct losses_map {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, CS_LOSS_COUNT);
    __type(key, __u32);
    __type(value, __u64);
};
extern struct losses_map losses SEC(".maps");

static __always_inline void count_loss(__u32 loss)
{
    __u64 *count = bpf_map_lookup_elem(&losses, &loss);

    if (count)
        __sync_fetch_and_add(count, 1); /* softirq may interrupt us on this CPU */
}

/*
 * Wakes a reader that sleeps at least this deep, by an empty record. It looks after it has said
 * that it sleeps, and we look after the record is committed (a full barrier): one of the two sees.
 */
static __always_inline void wake_reader(__u32 depth)
{
    volatile __u32 *reader = &shared.reader;
    void *nothing;

    if (*reader < depth)
        return;
    nothing = bpf_ringbuf_reserve(&ring, 8, 0);
    if (!nothing)
        return; /* a full ring has a reader that is awake */
    *reader = CS_READER_AWAKE;
    bpf_ringbuf_discard(nothing, BPF_RB_FORCE_WAKEUP);
}

/* `size` is a constant: older verifiers want to know it. */
static __always_inline void *emit_reserve(__u64 size, __u32 loss)
{
    void *record = bpf_ringbuf_reserve(&ring, size, 0);

    if (!record)
        count_loss(loss);
    return record;
}

static __always_inline bool ring_holds(__u64 bytes)
{
    return bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) > bytes;
}

static __always_inline void emit_submit(void *record)
{
    __u64 flags = BPF_RB_NO_WAKEUP;

    if (!shared.hurried && ring_holds(knobs.ring_bytes / 4)) {
        shared.hurried = 1;
        flags = BPF_RB_FORCE_WAKEUP;
    }
    bpf_ringbuf_submit(record, flags);
    wake_reader(CS_READER_DOZING);
}

static __always_inline void event_init(struct cs_event *event, __u16 kind, __u32 size_bytes,
                                       __u64 conn_id, __u64 ts_ns)
{
    event->ts_ns = ts_ns;
    event->conn_id = conn_id;
    event->size_bytes = size_bytes;
    event->kind = kind;
    event->version = CS_EVENT_VERSION;
}
