/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Which connections' requests are followed, and from where on; what a packet of them means is
 * turns.bpf.c's. Only connections that this host opened, and of plain text only those whose first
 * bytes are an HTTP request: of no other protocol is a byte copied.
 */
#pragma once

#include "conn.h"
#include "packet.h"

/* A packet of a connection that is complete. 0: its requests are not followed. */
int turns_packet(struct __sk_buff *skb, __u32 egress);

/* 0, or what these bytes of a client begin, as far as they are there. */
enum turns_speech { SPEECH_HTTP1 = 1, SPEECH_HTTP2 = 2, SPEECH_TLS = 3 };
int turns_speech(struct __sk_buff *skb, __u32 at, __u32 length);

/* Orders what is written before against what is read behind: an atomic add is such a barrier on
 * x86, and BPF has no other before Linux 6.12. (Of one in C clang makes an instruction that kernels
 * before 5.12 do not know.) On arm64 it orders less: there a server's first words may be missed,
 * and with them its direction, if they pass just as the client's do. */
static __always_inline void full_barrier(void)
{
    asm volatile("lock *(u64 *)(%0 + 0) += %1" ::"r"(&shared.turns), "r"(0ULL) : "memory");
}

/* Offset 0 of the server's direction is what it sends next. */
static __always_inline __u32 turns_server_base(const struct conn *conn)
{
    return conn->base[CS_FROM_SERVER] + conn->end[CS_FROM_SERVER];
}

/*
 * A server spoke first, up to `seq`, and `conn` knows it. If its client's first words pass on
 * another processor meanwhile (HTTP/2), either that one reads it there, or its turns are found
 * here.
 */
static __always_inline void turns_server_spoke(__u64 key, __u32 seq)
{
    struct turns *turns;

    full_barrier();
    turns = bpf_map_lookup_elem(&turns_map, &key);
    if (turns && lies_behind(seq, turns->base[CS_FROM_SERVER]))
        turns->base[CS_FROM_SERVER] = seq;
}

/* True: they are followed from `at` on, offset 0 of the client's direction. */
static __always_inline bool turns_begin(__u64 key, const struct conn *conn, __u32 speech)
{
    __u32 client = speech == SPEECH_TLS ? conn->end[CS_FROM_CLIENT] : conn->turn;
    struct turns *turns;
    __u32 server;

    if (bpf_map_update_elem(&turns_map, &key, &no_turns, BPF_NOEXIST) ||
        !(turns = bpf_map_lookup_elem(&turns_map, &key))) {
        count_loss(CS_LOSS_TURNS_FULL);
        return 0;
    }
    turns->conn_id = conn->id;
    turns->base[CS_FROM_CLIENT] = conn->base[CS_FROM_CLIENT] + client;
    turns->base[CS_FROM_SERVER] = turns_server_base(conn);
    turns->is_sealed = speech == SPEECH_TLS;
    turns->ssl = speech == SPEECH_TLS ? conn->ssl : 0;
    turns->tgid = conn->ssl_tgid;
    turns->based = (conn->seen[CS_FROM_CLIENT] & SEEN_BASE ? 1 << CS_FROM_CLIENT : 0) |
                   (conn->seen[CS_FROM_SERVER] & SEEN_BASE ? 1 << CS_FROM_SERVER : 0);
    turns->is_http2 = speech == SPEECH_HTTP2;
    if (turns->is_http2)
        turns->frames[CS_FROM_CLIENT].left = HTTP2_PREFACE_BYTES;
    full_barrier();
    server = turns_server_base(conn); /* turns_server_spoke() may have found none yet */
    if (lies_behind(server, turns->base[CS_FROM_SERVER]))
        turns->base[CS_FROM_SERVER] = server;
    __sync_fetch_and_add(&shared.turns, 1);
    return 1;
}

/* TLS was told that turns would follow, and none will. */
static __always_inline void turns_decline(__u64 conn_id)
{
    struct cs_event_turn *record = emit_reserve(sizeof(*record), CS_LOSS_RING_TURN);
    const struct turns none = {.conn_id = conn_id, .direction = TURN_OF_NOBODY, .is_sealed = 1};

    if (!record)
        return;
    turns_fill_end(record, &none, CS_TURN_END, bpf_ktime_get_ns());
    record->cause = CS_CAUSE_LIMIT;
    emit_submit(record);
}
