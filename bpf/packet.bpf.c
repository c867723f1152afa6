/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The wire: cgroup_skb on the v2 root sees every TCP packet of the host, whatever call sent it. A
 * packet of no pending connection costs one look-up. The first payload decides: not TLS, and the
 * connection is complete; TLS, and the handshake's bytes are copied to user space, which parses
 * them. Here records are only counted off, to know when to stop. Every path returns 1: anything
 * else would drop the packet.
 */
#include "capture.h"
#include "conn.h"
#include "listen.h"
#include "process.h"
#include "records.h"
#include "ssl.h"

#define PASS 1

static __always_inline bool is_byte(struct __sk_buff *skb, const struct packet *packet, __u32 at,
                                    __u8 wanted)
{
    __u8 byte = wanted;

    if (at - packet->offset < packet->length)
        bpf_skb_load_bytes(skb, packet->payload + at - packet->offset, &byte, 1);
    return byte == wanted;
}

/* A hello sent in pieces was believed by its first byte: the rest of its header must bear it out.
 */
static __always_inline bool contradicts_hello(struct __sk_buff *skb, const struct packet *packet)
{
    if (packet->direction != CS_FROM_CLIENT || packet->offset > RECORD_HEADER_BYTES)
        return 0;
    return !is_byte(skb, packet, 1, 3) ||
           !is_byte(skb, packet, RECORD_HEADER_BYTES, HANDSHAKE_CLIENT_HELLO);
}

/* Binding, the walk over records, and the copy: all that a packet of a handshake needs. */
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
        bool is_ours =
            conn->facts.role == CS_ROLE_SERVER || conn->facts.process.tgid == thread >> 32;

        ssl_bind(conn, thread, is_ours, bpf_ktime_get_ns());
    }
    if (packet->offset - conn->next[direction] < 0x80000000 &&
        packet->offset != conn->next[direction])
        conn->seen[direction] |= SEEN_STUCK; /* the next header was in a packet not seen yet */
    if (contradicts_hello(skb, packet))
        conn->seen[direction] |= SEEN_FOREIGN;
    if (fresh) {
        wanted = walk(skb, conn, packet);
        conn->end[direction] = packet->offset + packet->length;
    }
    if (conn->seen[direction] & SEEN_FOREIGN)
        ; /* no TLS any more: not ours to copy. How it ends is still told. */
    else if (packet->offset < CS_CAPTURE_BYTES)
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
    bool is_tls;

    /* A socket still in SYN_SENT is in use by a call: ESTABLISHED waits in its backlog. */
    if (conn->phase == CONN_SYN_SENT && packet->state != TCP_SYN_SENT)
        conn_repair(conn, bpf_ktime_get_ns());
    is_tls = packet->direction == CS_FROM_CLIENT && conn->phase <= CONN_OPEN &&
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
    struct syn_seen seen = {.ns = bpf_ktime_get_ns(), .seq = packet->seq};
    struct syn_key key = {};
    struct syn_seen *before;
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
    before = bpf_map_lookup_elem(&syns, &key);
    if (!before || before->seq != seen.seq) /* else it is repeated: the first one counts */
        bpf_map_update_elem(&syns, &key, &seen, BPF_ANY);
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
    if (syn && packet->direction == CS_FROM_SERVER)
        conn->synack_ns = bpf_ktime_get_ns();
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
    packet.state = sk->state;
    if (!conn->facts.local_port)
        conn->facts.local_port = sk->src_port; /* chosen after SYN_SENT was told */
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
