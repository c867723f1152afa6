/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The DNS messages that processes exchange with port 53, by UDP and TCP: who asked, and the bytes,
 * which user space parses. Only the asking end is told: what a name server on this host receives is
 * its clients' already, and what it asks on their behalf is no lookup of anyone who connects.
 */
#include "dns.h"

#include "conn.h"
#include "lookup.h"
#include "packet.h"
#include "process.h"

enum { UDP_HEADER_BYTES = 8, DNS_PIECES = 4 };

struct dns_piece {
    __u64 conn_id;
    __u64 key; /* of the socket */
    __u32 payload;
    __u32 length;
    __u32 offset;
    __u32 tgid;
    __u8 egress;
    __u8 flags; /* enum cs_dns_flag */
};

/*
 * Of a stream, who called connect(): its first bytes may leave in softirq, after the handshake,
 * where the current task is a bystander.
 */
static __always_inline const struct conn *dns_conn(const struct dns_piece *piece)
{
    return piece->flags & CS_DNS_TCP ? conn_find(piece->key) : 0;
}

static __always_inline void dns_process(const struct dns_piece *piece, struct cs_process *process)
{
    const struct conn *conn = dns_conn(piece);
    __u64 thread = thread_current();

    if (conn)
        *process = conn->facts.process;
    else if (thread >> 32 == piece->tgid && knobs.read_kernel)
        process_current(process);
    else if (thread >> 32 == piece->tgid)
        process->tid = (__u32)thread;
}

/* Its end is not for packets to tell: the call's return will. */
static __always_inline bool dns_in_call(const struct cs_process *process)
{
    __u64 thread = (__u64)process->tgid << 32 | process->tid;
    const struct lookup_call *call = bpf_map_lookup_elem(&lookup_calls, &thread);

    return call && call->node;
}

/* Copies up to `room` bytes, a power of two, as chunk_emit() does. */
static __always_inline void dns_emit(struct __sk_buff *skb, const struct dns_piece *piece,
                                     __u32 skip, __u32 room)
{
    __u64 size = sizeof(struct cs_event_dns) + room + 8;
    __u32 length = piece->length - skip;
    struct cs_event_dns *record;

    if (piece->length <= skip)
        return;
    if (length > room)
        length = room;
    record = emit_reserve(size, CS_LOSS_RING_DNS);
    if (!record)
        return;
    barrier_var(length);
    length = ((length - 1) & (room - 1)) + 1;
    if (bpf_skb_load_bytes(skb, piece->payload + skip, record->data, length)) {
        bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
        return;
    }
    __builtin_memset(record->data + length, 0, 8); /* what pads the record on a tape */
    event_init(&record->event, CS_EVENT_DNS, sizeof(*record) + ((length + 7) & ~7u), piece->conn_id,
               bpf_ktime_get_ns());
    __builtin_memset(&record->process, 0, sizeof(record->process));
    record->netns = 0;
    record->flags = piece->flags;
    if (piece->egress) {
        dns_process(piece, &record->process);
        record->process.cgroup_id = bpf_skb_cgroup_id(skb);
        record->netns = netns_current();
    }
    record->process.tgid = piece->tgid;
    if (piece->egress && dns_in_call(&record->process))
        record->flags |= CS_DNS_IN_CALL;
    record->socket = bpf_get_socket_cookie(skb);
    record->offset = piece->offset + skip;
    record->total_bytes = piece->length;
    record->data_bytes = length;
    record->direction = piece->egress ? CS_FROM_CLIENT : CS_FROM_SERVER;
    emit_submit(record);
}

static __always_inline void dns_tell(struct __sk_buff *skb, struct dns_piece *piece)
{
    __u32 skip = 0;

    piece->conn_id =
        bpf_ktime_get_ns() * CS_MAX_CPUS_IN_ID | (bpf_get_smp_processor_id() % CS_MAX_CPUS_IN_ID);
    if (piece->length <= CS_CHUNK_SMALL_BYTES) {
        dns_emit(skb, piece, 0, CS_CHUNK_SMALL_BYTES);
        return;
    }
    for (int i = 0; i < DNS_PIECES && skip < piece->length; i++) {
        dns_emit(skb, piece, skip, CS_CHUNK_MAX_BYTES);
        skip += CS_CHUNK_MAX_BYTES;
    }
}

/* Whose query it is. 0: nobody's that we follow. */
static __always_inline __u32 dns_asker(const struct dns_piece *piece)
{
    const struct conn *conn = dns_conn(piece);
    __u32 tgid = conn ? conn->facts.process.tgid : thread_current() >> 32;
    __u32 *known = 0;

    if (piece->flags & CS_DNS_TCP)
        known = bpf_map_lookup_elem(&dns_sockets, &piece->key);
    if (known && !conn)
        return *known;
    if (!tgid || !tree_has(tgid) || bpf_map_lookup_elem(&dns_servers, &tgid))
        return 0;
    bpf_map_update_elem(&dns_sockets, &piece->key, &tgid, BPF_ANY);
    return tgid;
}

static __always_inline void dns_serves(void)
{
    __u32 tgid = thread_current() >> 32;
    __u8 yes = 1;

    if (tgid && !bpf_map_lookup_elem(&dns_servers, &tgid))
        bpf_map_update_elem(&dns_servers, &tgid, &yes, BPF_ANY);
}

/* Where the payload lies, and the ports: local << 16 | remote; 0: no UDP, no TCP. */
static __always_inline __u32 dns_find(struct __sk_buff *skb, struct dns_piece *piece)
{
    __u8 ip[20], header[UDP_HEADER_BYTES];
    __u8 protocol, data_offset = 0;
    __u32 source, destination, at = 40;

    if (bpf_skb_load_bytes(skb, 0, ip, sizeof(ip)))
        return 0;
    protocol = ip[6];
    if (ip[0] >> 4 == 4) {
        protocol = ip[9];
        at = (ip[0] & 0xf) * 4;
    }
    if (bpf_skb_load_bytes(skb, at, header, sizeof(header)))
        return 0;
    source = header[0] << 8 | header[1];
    destination = header[2] << 8 | header[3];
    if (protocol == IPPROTO_UDP) {
        piece->payload = at + UDP_HEADER_BYTES;
    } else if (protocol == IPPROTO_TCP) {
        if (bpf_skb_load_bytes(skb, at + 12, &data_offset, 1))
            return 0;
        piece->flags = CS_DNS_TCP;
        piece->payload = at + (data_offset >> 4) * 4;
        piece->offset = (__u32)header[4] << 24 | header[5] << 16 | header[6] << 8 | header[7];
    } else {
        return 0;
    }
    piece->length = skb->len > piece->payload ? skb->len - piece->payload : 0;
    return piece->egress ? source << 16 | destination : destination << 16 | source;
}

/* Docker sends what containers ask 127.0.0.11:53 to another port (DNAT), which the packet shows by
 * now; the socket knows where it was meant to go. */
static __always_inline bool dns_is_meant(struct __sk_buff *skb)
{
    struct bpf_sock *sk = skb->sk;

    return sk && sk->dst_port == DNS_PORT_BE;
}

/* A global function: verified once, whatever calls it. */
int dns_packet(struct __sk_buff *skb, __u32 egress)
{
    struct dns_piece piece = {.egress = egress != 0, .key = sock_key(skb->sk)};
    __u32 ports = dns_find(skb, &piece);
    __u32 *asker;

    if (!ports)
        return 0;
    if ((ports & 0xffff) != DNS_PORT && !dns_is_meant(skb)) {
        if (egress && ports >> 16 == DNS_PORT && !(piece.flags & CS_DNS_TCP))
            dns_serves(); /* a segment of TCP may leave in softirq, under a client of its own */
        return 0;
    }
    if (!piece.length || !knobs.trace_client)
        return 0;
    if (egress) {
        piece.tgid = dns_asker(&piece);
    } else {
        asker = bpf_map_lookup_elem(&dns_sockets, &piece.key);
        piece.tgid = asker ? *asker : 0;
    }
    if (piece.tgid)
        dns_tell(skb, &piece);
    return 0;
}
