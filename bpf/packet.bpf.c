/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The wire: cgroup_skb on the v2 root sees every TCP packet of the host, whatever call sent it. A
 * packet of no pending connection costs a look at a counter, one without payload another at its
 * headers. The first payload decides: TLS (handshake.h), what TLS may follow (preamble.h), or
 * neither, and the connection is complete. Every path returns 1: anything else would drop the
 * packet.
 */
#include "dns.h"
#include "handshake.h"
#include "listener.h"
#include "preamble.h"
#include "turns.h"

#define PASS 1

/* With TCP Fast Open the SYN carries the first bytes: what they mean waits for ESTABLISHED. */
static __always_inline bool on_syn_payload(struct conn *conn, bool is_tls)
{
    if (is_tls)
        conn->phase = CONN_SYN_TLS;
    else
        conn->payload_ns = bpf_ktime_get_ns();
    return is_tls;
}

/* What begins in this packet, if requests are asked for: 0, or an enum turns_speech. */
static __always_inline __u32 request_of(struct __sk_buff *skb, const struct conn *conn,
                                        const struct packet *packet)
{
    __u32 at = conn->turn - packet->offset;

    if (!knobs.requests || conn->facts.role != CS_ROLE_CLIENT || !packet->egress ||
        conn->phase == CONN_PAYLOAD || at >= packet->length)
        return 0;
    return turns_speech(skb, packet->payload + at, packet->length - at);
}

/* Tells the connection; from here on its turns are told. */
static __always_inline void on_request(struct __sk_buff *skb, __u64 key, struct conn *conn,
                                       __u64 now_ns)
{
    struct conn_ending none = {};

    if (conn->told)
        conn->facts.flags |= CS_CONN_TOLD;
    conn->facts.flags |= CS_CONN_TURNS;
    conn_complete(key, conn, CS_REASON_PAYLOAD, now_ns, &none);
    turns_packet(skb, 1);
}

static __always_inline void on_plain(struct __sk_buff *skb, struct conn *conn, __u64 key,
                                     const struct packet *packet)
{
    struct conn_ending none = {};
    __u64 now_ns = conn->payload_ns ? conn->payload_ns : bpf_ktime_get_ns();

    __u32 speech = request_of(skb, conn, packet);

    if (speech && turns_begin(key, conn, speech)) {
        on_request(skb, key, conn, now_ns);
    } else if (conn->facts.role == CS_ROLE_SERVER && !packet->egress && !conn->told) {
        conn->phase = CONN_PAYLOAD; /* who answers is who serves */
        conn->payload_ns = now_ns;
    } else if (conn->told && conn->phase == CONN_PREAMBLE) {
        conn_end(key, conn, now_ns, &none);
    } else if (conn->told || conn->facts.flags & CS_CONN_PREEXISTING || !conn_wanted(conn)) {
        conn_remove(key); /* its entry is written, or it has none */
    } else {
        conn_complete(key, conn, CS_REASON_PAYLOAD, now_ns, &none);
    }
}

/* NONE: a segment out of order, which may be of a handshake, or a PROXY header. */
static __always_inline bool is_copied(__u8 opening)
{
    return opening == OPENING_TUNNEL || opening == OPENING_CONSENT || opening == OPENING_WORD ||
           opening == OPENING_NONE;
}

/*
 * TLS may still follow. The dialogue with a proxy is copied; when the proxy consents, what comes
 * then is judged as if it came first.
 */
static __always_inline void on_preamble(struct __sk_buff *skb, __u64 key, struct conn *conn,
                                        struct packet *packet)
{
    struct conn_ending ending = {.cause = CS_CAUSE_LIMIT};
    __u32 end = packet->offset + packet->length;
    __u8 direction = packet->direction & 1;

    if (conn->phase != CONN_PREAMBLE) {
        conn->phase = CONN_PREAMBLE;
        conn->payload_ns = bpf_ktime_get_ns();
        if (conn->told)
            conn->facts.flags |= CS_CONN_TOLD;
        if (conn_wanted(conn))
            conn_tell(conn, CS_REASON_PREAMBLE, conn->payload_ns);
    }
    if (is_copied(conn->opening))
        capture(skb, packet);
    if (lies_behind(end, conn->end[direction])) {
        conn->end[direction] = end;
        if (packet->direction == CS_FROM_SERVER) {
            conn->turn = conn->end[CS_FROM_CLIENT];
            if (knobs.requests)
                turns_server_spoke(key, packet->seq + packet->length);
        }
    }
    if (packet->direction == CS_FROM_SERVER && is_copied(conn->opening))
        conn->opening = opening_by_proxy(skb, packet->payload, packet->length, conn->opening);
    if (++conn->packets > CS_PREAMBLE_PACKETS || end > CS_CAPTURE_BYTES)
        conn_end(key, conn, bpf_ktime_get_ns(), &ending);
}

/* A client's turn begins in this packet, `at` bytes on, or behind a header there: an enum opening.
 */
static __always_inline __u32 on_turn(struct __sk_buff *skb, struct conn *conn,
                                     const struct packet *packet, __u32 at)
{
    __u32 opening = opening_of(skb, packet->payload + at, packet->length - at, conn->opening);
    __u32 skip = OPENING_SKIP(opening);

    if (skip) {
        conn->turn += skip;
        at += skip;
        if (at < packet->length)
            opening =
                opening_of(skb, packet->payload + at, packet->length - at, OPENING_KIND(opening));
        if (at < packet->length && OPENING_KIND(opening) == OPENING_HEADER)
            return OPENING_PLAIN; /* there is one */
    }
    return OPENING_KIND(opening);
}

/* What a payload says about what will follow: an enum opening. */
static __always_inline __u32 opening_by(struct __sk_buff *skb, struct conn *conn,
                                        const struct packet *packet)
{
    bool preexisting = conn->facts.flags & CS_CONN_PREEXISTING; /* in the middle of anything */
    __u32 at = conn->turn - packet->offset;

    if (conn->phase == CONN_PAYLOAD)
        return OPENING_PLAIN;
    if (packet->direction == CS_FROM_CLIENT && at < packet->length) {
        __u32 opening = on_turn(skb, conn, packet, at);

        return preexisting && opening != OPENING_TLS ? OPENING_PLAIN : opening;
    }
    if (preexisting)
        return OPENING_PLAIN;
    if (packet->direction == CS_FROM_CLIENT && conn->opening == OPENING_WORD)
        return opening_of_word(skb, packet->payload, packet->length, packet->offset - conn->turn);
    if (packet->direction == CS_FROM_SERVER && conn->opening == OPENING_NONE &&
        lies_behind(packet->offset + packet->length, conn->end[CS_FROM_SERVER]))
        return OPENING_TEXT;
    return conn->opening;
}

/* Payload where no TLS was seen yet. True: TLS begins in it. */
static __always_inline bool on_payload(struct __sk_buff *skb, __u64 key, struct conn *conn,
                                       struct packet *packet)
{
    __u32 opening;

    /* A socket still in SYN_SENT is in use by a call: ESTABLISHED waits in its backlog. */
    if (conn->phase == CONN_SYN_SENT && packet->state != TCP_SYN_SENT)
        conn_repair(conn, bpf_ktime_get_ns());
    opening = opening_by(skb, conn, packet);
    if (conn->phase == CONN_SYN_SENT)
        return on_syn_payload(conn, opening == OPENING_TLS);
    switch (opening) {
    case OPENING_TLS:
        if (conn->facts.flags & CS_CONN_PREEXISTING && packet->egress && knobs.read_kernel)
            process_current(&conn->facts.process);
        handshake_begin(conn, conn->turn);
        return 1;
    case OPENING_PLAIN:
        on_plain(skb, conn, key, packet);
        return 0;
    case OPENING_HEADER:
        opening = OPENING_NONE;
    }
    conn->opening = opening;
    on_preamble(skb, key, conn, packet);
    return 0;
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
    if (conn->phase != CONN_TLS && conn->phase != CONN_PREAMBLE)
        return 1;
    if (conn_wanted(conn))
        conn_tell(conn, conn->phase == CONN_TLS ? CS_REASON_TLS : CS_REASON_PREAMBLE,
                  bpf_ktime_get_ns());
    return conn_wanted(conn);
}

static __always_inline void read_socket(struct cs_facts *facts, const struct bpf_sock *sk)
{
    __u32 *local = (__u32 *)facts->local_address, *remote = (__u32 *)facts->remote_address;

    facts->family = sk->family;
    facts->remote_port = bpf_ntohs((__u16)sk->dst_port);
    facts->local_port = sk->src_port;
    if (sk->family == AF_INET) {
        local[0] = sk->src_ip4;
        remote[0] = sk->dst_ip4;
        return;
    }
    local[0] = sk->src_ip6[0];
    local[1] = sk->src_ip6[1];
    local[2] = sk->src_ip6[2];
    local[3] = sk->src_ip6[3];
    remote[0] = sk->dst_ip6[0];
    remote[1] = sk->dst_ip6[1];
    remote[2] = sk->dst_ip6[2];
    remote[3] = sk->dst_ip6[3];
}

/*
 * The first SYN leaves, in the caller's context, and nobody told that it would: the program on the
 * state change was skipped (conn.h, conn_outlive), which no packet program ever is.
 */
static __always_inline void on_own_syn(struct __sk_buff *skb, struct bpf_sock *sk, __u64 key,
                                       struct conn *conn, __u64 now_ns)
{
    struct bpf_tcp_sock *tcp = bpf_tcp_sock(sk);

    if (!knobs.read_kernel || !tcp || tcp->total_retrans)
        return;
    if (!conn) {
        if (knobs.filter_tree && !tree_has(thread_current() >> 32))
            return;
        conn = conn_of_syn(key, now_ns, 0); /* the state change has counted it */
        if (!conn)
            return;
        conn->facts.process.cgroup_id = bpf_skb_cgroup_id(skb);
    }
    conn->phase = CONN_SYN_SENT;
    conn->facts.syn_sent_ns = now_ns;
    conn->facts.netns = netns_current();
    read_socket(&conn->facts, sk);
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

/* UDP to a name server or from one: its socket is connected to port 53, or to nobody. */
static __always_inline void on_datagram(struct __sk_buff *skb, const struct bpf_sock *sk,
                                        __u8 egress)
{
    if (sk->dst_port == DNS_PORT_BE || !sk->dst_port)
        dns_packet(skb, egress);
}

/* A packet with payload, or a SYN, of a connection that is not complete. */
static __always_inline void on_pending(struct __sk_buff *skb, const struct bpf_sock *sk, __u64 key,
                                       struct conn *conn, struct packet *packet)
{
    packet->conn_id = conn->id;
    packet->state = sk->state;
    if (!conn->facts.local_port)
        conn->facts.local_port = sk->src_port; /* chosen after SYN_SENT was told */
    packet->direction =
        (conn->facts.role == CS_ROLE_CLIENT) == packet->egress ? CS_FROM_CLIENT : CS_FROM_SERVER;
    set_base(conn, packet);
    if (!packet->length || conn->phase == CONN_CALLED)
        return;
    packet->offset = packet->seq + (packet->flags & TCP_FLAG_SYN_BIT ? 1 : 0) -
                     conn->base[packet->direction & 1];
    if (packet->egress && conn->facts.role == CS_ROLE_SERVER && !on_server_send(skb, conn)) {
        conn_remove(key);
        return;
    }
    if (conn->phase == CONN_SEALED) {
        on_sealed(key, conn, packet);
        return;
    }
    if (conn->phase != CONN_TLS && conn->phase != CONN_SYN_TLS &&
        !on_payload(skb, key, conn, packet))
        return;
    on_tls(skb, key, conn, packet);
}

static __always_inline int on_packet(struct __sk_buff *skb, __u8 egress)
{
    struct packet packet = {.egress = egress};
    struct bpf_sock *sk = skb->sk;
    bool is_tcp = packet_parse(skb, &packet);
    struct conn *conn;
    __u64 key;

    if (is_tcp && !packet.length && !(packet.flags & TCP_FLAG_SYN_BIT))
        return PASS; /* most packets: they acknowledge, or end, and say nothing */
    if (!sk)         /* which is a full one: no request's, no TIME_WAIT's gets here */
        return PASS;
    if (!is_tcp) {
        on_datagram(skb, sk, egress);
        return PASS;
    }
    if (sk->state == TCP_LISTEN) {
        if (knobs.trace_server && !egress)
            on_listener(skb, &packet);
        return PASS;
    }
    key = sock_key(sk);
    conn = conn_find(key);
    if (egress && sk->state == TCP_SYN_SENT && (!conn || conn->phase == CONN_CALLED)) {
        on_own_syn(skb, sk, key, conn, bpf_ktime_get_ns());
        conn = conn_find(key);
    }
    if (sk->dst_port == DNS_PORT_BE)
        dns_packet(skb, egress);
    if (conn)
        on_pending(skb, sk, key, conn, &packet);
    else if (knobs.requests)
        turns_packet(skb, egress);
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
