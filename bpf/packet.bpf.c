/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The wire: cgroup_skb on the v2 root sees every TCP packet of the host, whatever call sent it. A
 * packet of no pending connection costs one look-up. The first payload decides: not TLS, and the
 * connection is complete; TLS, and the handshake's bytes are copied to user space, which parses
 * them. Here records are only counted off, to know when to stop. Every path returns 1: anything
 * else would drop the packet.
 */
#include "conn.h"
#include "listen.h"
#include "process.h"
#include "ssl.h"

#define PASS 1

enum { /* RFC 8446 section 5.1 */
       RECORD_CHANGE_CIPHER_SPEC = 20,
       RECORD_HANDSHAKE = 22,
       RECORD_APPLICATION_DATA = 23,
       RECORD_HEARTBEAT = 24,
       RECORD_HEADER_BYTES = 5,
       HANDSHAKE_CLIENT_HELLO = 1,
};

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
};

static __always_inline bool packet_parse(struct __sk_buff *skb, struct packet *packet)
{
    __u8 ip[20], tcp[14];
    __u32 at;

    if (bpf_skb_load_bytes(skb, 0, ip, sizeof(ip)))
        return 0;
    if (ip[0] >> 4 == 4) {
        if (ip[9] != IPPROTO_TCP)
            return 0;
        at = (ip[0] & 0xf) * 4;
    } else {
        if (ip[6] != IPPROTO_TCP) /* extension headers on TCP: not followed */
            return 0;
        at = 40;
    }
    if (bpf_skb_load_bytes(skb, at, tcp, sizeof(tcp)))
        return 0;
    packet->seq = (__u32)tcp[4] << 24 | tcp[5] << 16 | tcp[6] << 8 | tcp[7];
    packet->flags = tcp[13];
    packet->payload = at + (tcp[12] >> 4) * 4;
    packet->length = skb->len > packet->payload ? skb->len - packet->payload : 0;
    return 1;
}

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

/*
 * The TLS record at `at`, packed as type | first byte of its body << 8 | length << 16; 0: none can
 * be read. A global function: verified once, where inlined it would be once for each turn of the
 * loop.
 */
__noinline __u32 record_at(struct __sk_buff *skb, __u32 at)
{
    __u8 bytes[RECORD_HEADER_BYTES + 1] = {};

    if (bpf_skb_load_bytes(skb, at, bytes, sizeof(bytes)))
        return 0;
    if (bytes[0] < RECORD_CHANGE_CIPHER_SPEC || bytes[0] > RECORD_HEARTBEAT)
        return 0;
    return bytes[0] | bytes[5] << 8 | (__u32)(bytes[3] << 8 | bytes[4]) << 16;
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
        /* After a HelloRetryRequest the second ClientHello follows a CCS: it is not Finished. */
        if (seen & SEEN_CCS && (record >> 8 & 0xff) != HANDSHAKE_CLIENT_HELLO)
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
 * Walks the record headers in this packet. Bytes out of order, or a header split over two packets,
 * end the walk for good in this direction: then only the limits stop the capture.
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

        if (!record)
            break;
        seen = seen_after(record, seen, direction, conn->seen[CS_FROM_SERVER]);
        if (seen & SEEN_NEWS && !wanted)
            wanted = at + 1;
        seen &= ~SEEN_NEWS;
        at += RECORD_HEADER_BYTES + (record >> 16);
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

static __always_inline void on_tls(struct __sk_buff *skb, __u64 key, struct conn *conn,
                                   struct packet *packet)
{
    struct conn_ending ending = {.cause = CS_CAUSE_DONE};
    __u8 direction = packet->direction & 1;
    bool fresh = (__s32)(packet->offset + packet->length - conn->end[direction]) > 0;
    __u32 wanted = 0;

    if (packet->egress && fresh && !conn->ssl &&
        (packet->direction == CS_FROM_CLIENT) == (conn->facts.role == CS_ROLE_CLIENT)) {
        __u64 thread = thread_current();

        if (conn->facts.role == CS_ROLE_SERVER || conn->facts.process.tgid == thread >> 32)
            ssl_bind(conn, thread, bpf_ktime_get_ns());
    }
    if (packet->offset - conn->next[direction] < 0x80000000 &&
        packet->offset != conn->next[direction])
        conn->seen[direction] |= SEEN_STUCK; /* the next header was in a packet not seen yet */
    if (fresh) {
        wanted = walk(skb, conn, packet);
        conn->end[direction] = packet->offset + packet->length;
    }
    if (packet->offset < CS_CAPTURE_BYTES)
        capture(skb, packet);
    else if (wanted)
        chunk_emit(skb, packet, wanted - 1, CS_CHUNK_SMALL_BYTES, CS_CHUNK_AT_RECORD);
    if (++conn->packets > CS_CAPTURE_PACKETS)
        ending.cause = CS_CAUSE_LIMIT;
    else if (!handshake_over(conn))
        return;
    ssl_release(conn, 0);
    conn_end(key, conn, bpf_ktime_get_ns(), &ending);
}

/* A ClientHello record, as far as its first bytes are here. */
static __always_inline bool looks_like_tls(struct __sk_buff *skb, const struct packet *packet)
{
    __u8 first[RECORD_HEADER_BYTES + 1] = {};

    if (packet->length < sizeof(first)) /* sent byte by byte: trust the first one */
        return !bpf_skb_load_bytes(skb, packet->payload, first, 1) && first[0] == RECORD_HANDSHAKE;
    return !bpf_skb_load_bytes(skb, packet->payload, first, sizeof(first)) &&
           first[0] == RECORD_HANDSHAKE && first[1] == 3 && first[5] == HANDSHAKE_CLIENT_HELLO;
}

/* With TCP Fast Open the SYN carries the first bytes: what they mean waits for ESTABLISHED. */
static __always_inline bool on_syn_payload(struct conn *conn, bool is_tls)
{
    if (is_tls)
        conn->phase = CONN_SYN_TLS;
    else
        conn->payload_ns = bpf_ktime_get_ns();
    return is_tls;
}

static __always_inline void on_plain(struct conn *conn, __u64 key, const struct packet *packet)
{
    struct conn_ending none = {};
    __u64 now_ns = conn->payload_ns ? conn->payload_ns : bpf_ktime_get_ns();

    if (conn->facts.role == CS_ROLE_SERVER && !packet->egress && !conn->told) {
        conn->phase = CONN_PAYLOAD; /* who answers is who serves */
        conn->payload_ns = now_ns;
    } else if (conn->told || conn->facts.flags & CS_CONN_PREEXISTING || !conn_wanted(conn)) {
        conn_remove(key); /* its entry is written, or it has none */
    } else {
        conn_complete(key, conn, CS_REASON_PAYLOAD, now_ns, &none);
    }
}

/* True: TLS begins here. */
static __always_inline bool on_first_payload(struct __sk_buff *skb, __u64 key, struct conn *conn,
                                             struct packet *packet)
{
    bool is_tls = packet->direction == CS_FROM_CLIENT && conn->phase <= CONN_OPEN &&
                  looks_like_tls(skb, packet);

    if (conn->phase == CONN_SYN_SENT)
        return on_syn_payload(conn, is_tls);
    if (!is_tls) {
        on_plain(conn, key, packet);
        return 0;
    }
    if (conn->facts.flags & CS_CONN_PREEXISTING && packet->egress && knobs.read_kernel)
        process_current(&conn->facts.process);
    if (conn->told)
        conn->facts.flags |= CS_CONN_TOLD;
    conn->phase = CONN_TLS;
    if (conn_wanted(conn))
        conn_tell_tls(conn, bpf_ktime_get_ns());
    return 1;
}

static __always_inline void on_listener(struct __sk_buff *skb, const struct packet *packet)
{
    __u64 now_ns = bpf_ktime_get_ns();
    struct syn_key key = {};
    __u8 version = 0, ports[4];

    if (!(packet->flags & TCP_FLAG_SYN_BIT) || bpf_skb_load_bytes(skb, 0, &version, 1))
        return;
    if (version >> 4 == 4) {
        if (bpf_skb_load_bytes(skb, 12, key.remote_address, 4) ||
            bpf_skb_load_bytes(skb, (version & 0xf) * 4, ports, 4))
            return;
    } else if (bpf_skb_load_bytes(skb, 8, key.remote_address, 16) ||
               bpf_skb_load_bytes(skb, 40, ports, 4)) {
        return;
    }
    key.remote_port = ports[0] << 8 | ports[1];
    key.local_port = ports[2] << 8 | ports[3];
    bpf_map_update_elem(&syns, &key, &now_ns, BPF_NOEXIST); /* a repeated SYN came later */
}

/*
 * The first thread that sends on an accepted socket serves it, whoever called listen(). A TLS
 * connection was told at its ClientHello: it is told again. False: not a process that we follow.
 */
static __always_inline bool on_server_send(struct __sk_buff *skb, struct conn *conn)
{
    if (conn->end[CS_FROM_SERVER] || !knobs.read_kernel)
        return 1;
    process_current(&conn->facts.process);
    conn->facts.process.cgroup_id = bpf_skb_cgroup_id(skb);
    if (conn->phase != CONN_TLS)
        return 1;
    if (conn_wanted(conn))
        conn_tell_tls(conn, bpf_ktime_get_ns());
    return conn_wanted(conn);
}

static __always_inline void set_base(struct conn *conn, const struct packet *packet)
{
    __u8 direction = packet->direction & 1;
    bool syn = packet->flags & TCP_FLAG_SYN_BIT;

    if (!syn && (conn->seen[direction] & SEEN_BASE || !packet->length))
        return;
    conn->base[direction] = packet->seq + syn;
    conn->seen[direction] |= SEEN_BASE;
}

static __always_inline int on_packet(struct __sk_buff *skb, __u8 egress)
{
    struct bpf_sock *sk = skb->sk;
    struct packet packet = {.egress = egress};
    struct conn *conn;
    __u64 key;

    if (!sk)
        return PASS;
    sk = bpf_sk_fullsock(sk);
    if (!sk)
        return PASS;
    key = (__u64)sk;
    conn = bpf_map_lookup_elem(&conns, &key);
    if (!conn) {
        if (knobs.trace_server && !egress && sk->state == TCP_LISTEN && packet_parse(skb, &packet))
            on_listener(skb, &packet);
        return PASS;
    }
    if (!packet_parse(skb, &packet))
        return PASS;
    packet.conn_id = conn->id;
    packet.direction =
        (conn->facts.role == CS_ROLE_CLIENT) == egress ? CS_FROM_CLIENT : CS_FROM_SERVER;
    set_base(conn, &packet);
    if (!packet.length || conn->phase == CONN_CALLED)
        return PASS;
    packet.offset =
        packet.seq + (packet.flags & TCP_FLAG_SYN_BIT ? 1 : 0) - conn->base[packet.direction & 1];
    if (egress && conn->facts.role == CS_ROLE_SERVER && !on_server_send(skb, conn)) {
        conn_remove(key);
        return PASS;
    }
    if (conn->phase != CONN_TLS && conn->phase != CONN_SYN_TLS &&
        !on_first_payload(skb, key, conn, &packet))
        return PASS;
    on_tls(skb, key, conn, &packet);
    return PASS;
}

SEC("cgroup_skb/egress")
int cg_egress(struct __sk_buff *skb)
{
    return on_packet(skb, 1);
}

SEC("cgroup_skb/ingress")
int cg_ingress(struct __sk_buff *skb)
{
    return on_packet(skb, 0);
}
