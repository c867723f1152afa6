/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * A connection whose TLS handshake is in progress, from its ClientHello to the end of the capture:
 * binding, the walk over records, and the copy. What the bytes say is read in user space.
 */
#pragma once

#include "capture.h"
#include "conn.h"
#include "inner.h"
#include "process.h"
#include "records.h"
#include "ssl.h"
#include "turns.h"

static __always_inline void upgrade_emit(const struct conn *conn, __u64 now_ns)
{
    struct cs_event_upgrade *record = emit_reserve(sizeof(*record), CS_LOSS_RING_CHUNK);

    if (!record)
        return;
    event_init(&record->event, CS_EVENT_UPGRADE, sizeof(*record), conn->id, now_ns);
    record->offset[CS_FROM_CLIENT] = conn->from[CS_FROM_CLIENT];
    record->offset[CS_FROM_SERVER] = conn->from[CS_FROM_SERVER];
    emit_submit(record);
}

/* A ClientHello begins at this offset: whatever came before it is not TLS. */
static __always_inline void handshake_begin(struct conn *conn, __u32 offset)
{
    __u64 now_ns = bpf_ktime_get_ns();

    conn->from[CS_FROM_CLIENT] = offset;
    conn->from[CS_FROM_SERVER] = conn->end[CS_FROM_SERVER];
    conn->next[CS_FROM_CLIENT] = conn->end[CS_FROM_CLIENT] = offset;
    conn->next[CS_FROM_SERVER] = conn->end[CS_FROM_SERVER];
    conn->packets = 0;
    if (conn->told)
        conn->facts.flags |= CS_CONN_TOLD;
    if (conn->from[CS_FROM_CLIENT] || conn->from[CS_FROM_SERVER])
        upgrade_emit(conn, now_ns);
    conn->phase = CONN_TLS;
    if (knobs.requests && conn->facts.role == CS_ROLE_CLIENT)
        conn->facts.flags |= CS_CONN_TURNS | (knobs.plaintext ? CS_CONN_PLAIN : 0);
    if (conn_wanted(conn))
        conn_tell(conn, CS_REASON_TLS, now_ns);
}

static __always_inline bool is_within(__u32 offset, const struct packet *packet)
{
    return offset - packet->offset < packet->length;
}

static __always_inline bool is_byte(struct __sk_buff *skb, const struct packet *packet, __u32 at,
                                    __u8 wanted)
{
    __u8 byte = wanted;

    if (is_within(at, packet))
        bpf_skb_load_bytes(skb, packet->payload + at - packet->offset, &byte, 1);
    return byte == wanted;
}

/* A hello sent in pieces was believed by its first byte: the rest of its header must bear it out.
 */
static __always_inline bool contradicts_hello(struct __sk_buff *skb, const struct conn *conn,
                                              const struct packet *packet)
{
    __u32 from = conn->from[CS_FROM_CLIENT];

    if (packet->direction != CS_FROM_CLIENT || packet->offset - from > RECORD_HEADER_BYTES)
        return 0;
    return !is_byte(skb, packet, from + 1, 3) ||
           !is_byte(skb, packet, from + RECORD_HEADER_BYTES, HANDSHAKE_CLIENT_HELLO);
}

/* The first hello of this end leaves: only it tells whose handshake it is. */
static __always_inline void on_own_hello(struct conn *conn)
{
    __u64 thread = thread_current();
    bool is_ours = conn->facts.role == CS_ROLE_SERVER || conn->facts.process.tgid == thread >> 32;

    if (!conn->ssl)
        ssl_bind(conn, thread, is_ours, bpf_ktime_get_ns());
}

/* The capture is over; what follows a whole handshake, maybe in this very packet, is requests, if
 * they are asked for. */
static __always_inline void handshake_leave(struct __sk_buff *skb, __u64 key, struct conn *conn,
                                            const struct packet *packet,
                                            const struct conn_ending *ending)
{
    bool follow =
        knobs.requests && ending->cause == CS_CAUSE_DONE && conn->facts.flags & CS_CONN_TURNS;
    bool declined;
    __u64 id = conn->id;

    if (!follow && ending->cause == CS_CAUSE_DONE && inner_may_follow(conn)) {
        inner_await(conn);
        return;
    }
    if (follow && packet->egress && is_within(conn->turn, packet))
        conn->end[CS_FROM_CLIENT] = conn->turn;
    declined = follow && !turns_begin(key, conn, SPEECH_TLS);
    conn_end(key, conn, bpf_ktime_get_ns(), ending);
    if (declined)
        turns_decline(id);
    else if (follow)
        turns_packet(skb, packet->egress);
}

/* Binding, the walk over records, and the copy: all that a packet of a handshake needs. */
static __always_inline void on_tls(struct __sk_buff *skb, __u64 key, struct conn *conn,
                                   struct packet *packet)
{
    struct conn_ending ending = {.cause = CS_CAUSE_DONE};
    __u8 direction = packet->direction & 1;
    bool fresh = lies_behind(packet->offset + packet->length, conn->end[direction]);
    __u32 wanted = 0;

    if (packet->egress && fresh && is_within(conn->from[direction], packet))
        on_own_hello(conn);
    if (lies_behind(packet->offset, conn->next[direction]))
        conn->seen[direction] |= SEEN_STUCK; /* the next header was in a packet not seen yet */
    if (contradicts_hello(skb, conn, packet))
        conn->seen[direction] |= SEEN_FOREIGN;
    if (fresh) {
        wanted = walk(skb, conn, packet);
        conn->end[direction] = packet->offset + packet->length;
    }
    if (conn->seen[direction] & SEEN_FOREIGN)
        ; /* no TLS any more: not ours to copy. How it ends is still told. */
    else if (!lies_behind(packet->offset, conn->from[direction] + CS_CAPTURE_BYTES - 1))
        capture(skb, packet);
    else if (wanted)
        chunk_emit(skb, packet, wanted - 1, CS_CHUNK_SMALL_BYTES, CS_CHUNK_AT_RECORD);
    if (++conn->packets > CS_CAPTURE_PACKETS)
        ending.cause = CS_CAUSE_LIMIT;
    else if (!handshake_over(conn))
        return;
    ssl_release(conn, 0);
    handshake_leave(skb, key, conn, packet, &ending);
}
