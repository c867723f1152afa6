/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * TLS records, on their headers alone: enough to know when a handshake is over and capture may
 * stop. What they say is parsed in user space.
 */
#pragma once

#include "conn.h"
#include "record.h"

__noinline __u32 record_at(struct __sk_buff *skb, __u32 at)
{
    __u8 bytes[RECORD_HEADER_BYTES + 1] = {};

    if (bpf_skb_load_bytes(skb, at, bytes, sizeof(bytes)))
        return RECORD_UNREADABLE;
    if (bytes[0] < RECORD_CHANGE_CIPHER_SPEC || bytes[0] > RECORD_HEARTBEAT || bytes[1] != 3)
        return RECORD_NONE;
    return bytes[0] | bytes[5] << 8 | (__u32)(bytes[3] << 8 | bytes[4]) << 16;
}

/* A Finished of TLS 1.2 is encrypted whole and may begin with any byte, but is no longer than that:
 * in CBC an IV of 16, 16 of its own, a MAC of 48 and padding. */
enum { FINISHED_MAX_BYTES = 96 };

/* After a HelloRetryRequest the second ClientHello follows a CCS: it is not Finished. */
static __always_inline bool is_second_hello(__u32 record, __u32 direction)
{
    return direction == CS_FROM_CLIENT && (record >> 8 & 0xff) == HANDSHAKE_CLIENT_HELLO &&
           record >> 16 > FINISHED_MAX_BYTES;
}

/* What a direction has seen after this record, with SEEN_NEWS if that is more than before. */
__noinline __u32 seen_after(__u32 record, __u32 seen, __u32 direction, __u32 server_seen)
{
    __u32 mark = 0;

    switch (record & 0xff) {
    case RECORD_CHANGE_CIPHER_SPEC:
        mark = SEEN_CCS;
        break;
    case RECORD_HANDSHAKE:
        if (seen & SEEN_CCS && !is_second_hello(record, direction))
            mark = SEEN_SEALED;
        break;
    case RECORD_APPLICATION_DATA:
        if (direction == CS_FROM_SERVER || server_seen & SEEN_DATA) /* else early data */
            mark = SEEN_DATA;
        break;
    }
    return mark & ~seen ? seen | mark | SEEN_NEWS : seen;
}

/*
 * A client's Finished, after which it may speak in the same packet. In TLS 1.3 its length tells: a
 * hash of 32 or 48 bytes, 4 + 1 in front and behind, a tag of 16 or 8 (RFC 8446
 * sections 4.4.4, 5.2).
 */
static __always_inline bool is_finished(__u32 record)
{
    __u32 length = record >> 16;

    return (record & 0xff) == RECORD_HANDSHAKE || length == 53 || length == 69 || length == 45;
}

/*
 * Walks the record headers in this packet. Bytes out of order, or a header split over two packets,
 * end the walk for good in this direction: then only the limits stop the capture. What is no TLS
 * ends the capture: it may be somebody's plain text.
 * Returns 1 + the offset in the payload of the first record that user space must see, or 0.
 */
static __noinline __u32 walk(struct __sk_buff *skb, struct conn *conn, struct packet *packet)
{
    __u8 direction = packet->direction & 1;
    __u32 at = conn->next[direction] - packet->offset;
    __u32 seen = conn->seen[direction];
    __u32 wanted = 0;

    if (seen & SEEN_STUCK)
        return 0;
    for (int i = 0; i < CS_RECORDS_PER_PACKET && at < packet->length; i++) {
        __u32 record = record_at(skb, packet->payload + at);

        if (record == RECORD_UNREADABLE)
            break;
        if (record == RECORD_NONE) {
            conn->seen[direction] = seen | SEEN_FOREIGN;
            return 0;
        }
        seen = seen_after(record, seen, direction, conn->seen[CS_FROM_SERVER]);
        if (seen & SEEN_NEWS && !wanted)
            wanted = at + 1;
        at += RECORD_HEADER_BYTES + (record >> 16);
        if (seen & SEEN_NEWS && direction == CS_FROM_CLIENT && is_finished(record))
            conn->turn = packet->offset + at;
        seen &= ~SEEN_NEWS;
    }
    if (at < packet->length)
        seen |= SEEN_STUCK;
    conn->next[direction] = packet->offset + at;
    conn->seen[direction] = seen;
    return wanted;
}

/* The end rules, on headers alone: TLS 1.3, then TLS 1.2 and below. User space has the last word.
 */
static __always_inline bool handshake_over(const struct conn *conn)
{
    __u8 client = conn->seen[CS_FROM_CLIENT], server = conn->seen[CS_FROM_SERVER];

    return client & SEEN_DATA || client & server & SEEN_SEALED;
}
