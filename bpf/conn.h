/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Connections that are not complete yet, by a key (key.h) that tracing programs and cgroup_skb
 * share on every kernel since 5.10. Absence means "not ours" or "done", and costs a packet a look
 * at a counter. Who removes the entry owns its record: the delete decides between two CPUs.
 */
#pragma once

#include "turn.h"

enum conn_phase {
    CONN_CALLED = 0,   /* connect() entered, no SYN yet */
    CONN_SYN_SENT = 1, /* with payload_ns: the SYN carried data that is not TLS (RFC 7413) */
    CONN_SYN_TLS = 2,  /* the SYN carried a ClientHello: told when established */
    CONN_OPEN = 3,     /* established, no byte seen */
    CONN_TLS = 4,      /* first byte was TLS: the handshake is captured */
    CONN_PAYLOAD = 5,  /* server: a request came, the thread that answers is not known yet */
    CONN_PREAMBLE = 6, /* bytes came that TLS may follow */
    CONN_SEALED = 7,   /* the handshake is over; another may follow inside its TLS (inner.h) */
};

enum conn_seen {
    SEEN_CCS = 1 << 0,     /* a ChangeCipherSpec record */
    SEEN_SEALED = 1 << 1,  /* a handshake record after it: Finished up to TLS 1.2 */
    SEEN_DATA = 1 << 2,    /* a record of type application_data: all that is encrypted in TLS 1.3 */
    SEEN_STUCK = 1 << 3,   /* records can no longer be followed here; user space reassembles */
    SEEN_BASE = 1 << 4,    /* `base` is known */
    SEEN_FOREIGN = 1 << 5, /* a record that is no TLS */
    SEEN_NEWS = 1 << 7,    /* never stored: the last record brought something */
};

struct conn { /* what every packet looks at stands together */
    __u64 id;
    __u8 phase;   /* enum conn_phase */
    __u8 told;    /* CS_REASON_SILENT was sent */
    __u8 in_call; /* inside tcp_v4_connect with a hook on its return */
    __u8 opening; /* enum opening: what was said before TLS */
    __u8 inner;   /* CONN_SEALED: `ssl` is the object whose handshake runs inside */
    __u8 seen[2]; /* enum conn_seen, by enum cs_direction as all that follow */
    __u8 pad;
    __u32 base[2]; /* TCP sequence number of the first byte */
    __u32 end[2];  /* highest offset seen: what lies below is a retransmission */
    __u32 turn;    /* where the client's turn begins: what the server sent last answers all below */
    __u16 packets;
    __u16 pad2;
    __u64 payload_ns; /* CONN_PAYLOAD, CONN_PREAMBLE, CONN_SYN_SENT; CONN_SEALED: since when */
    __u64 synack_ns;  /* client: the SYN-ACK passed the packet program */
    struct cs_facts facts;
    __u64 ssl;    /* the OpenSSL object bound to it, in process ssl_tgid */
    __u64 fd_ssl; /* the one that SSL_set_fd gave this socket: its hello is awaited */
    __u32 ssl_tgid;
    __u32 fd_tgid;
    __u32 next[2]; /* offset of the next TLS record header */
    __u32 from[2]; /* where TLS began */
};

/*
 * How many connections of the table share a mark of their key: most sockets are in no table, and a
 * zero here says so at a fraction of a look-up's cost.
 */
enum { CONN_MARK_BITS = 14 };
extern __u32 conn_marks[1 << CONN_MARK_BITS];
extern struct cs_count conn_counts[CS_MAX_CPUS_IN_ID];

struct conns_map {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 32768);
    __uint(map_flags, 0);
    __type(key, __u64);
    __type(value, struct conn);
};
extern struct conns_map conns SEC(".maps");

/* Fibonacci hashing: keys are addresses of a slab, alike in their low bits. */
static __always_inline __u32 *conn_mark(__u64 key)
{
    return &conn_marks[key * 0x9e3779b97f4a7c15ULL >> (64 - CONN_MARK_BITS)];
}

/* NULL: complete, or not ours. */
static __always_inline struct conn *conn_find(__u64 key)
{
    return *(volatile __u32 *)conn_mark(key) ? bpf_map_lookup_elem(&conns, &key) : 0;
}

static __always_inline __u64 conn_id_now(__u64 now_ns)
{
    return now_ns * CS_MAX_CPUS_IN_ID | (bpf_get_smp_processor_id() % CS_MAX_CPUS_IN_ID);
}

static __always_inline void conn_count(__s64 more)
{
    __u32 cpu = bpf_get_smp_processor_id() % CS_MAX_CPUS_IN_ID;

    __sync_fetch_and_add(&conn_counts[cpu].count, more);
}

/* False: known already, or the table is full. A connection has up to three chances, the call, the
 * state change and the SYN: it is counted at one of them. */
static __always_inline bool conn_insert(__u64 key, const struct conn *conn, __u64 now_ns,
                                        bool counted)
{
    static const struct conn_ending outlived = {.cause = CS_CAUSE_KERNEL};
    long err;

    __sync_fetch_and_add(conn_mark(key), 1); /* before it is there for others to find */
    err = bpf_map_update_elem(&conns, &key, conn, BPF_NOEXIST);
    if (err) {
        __sync_fetch_and_add(conn_mark(key), -1);
        if (counted && err != -17 /* EEXIST */)
            count_loss(CS_LOSS_CONNECTIONS_FULL);
        return 0;
    }
    if (knobs.requests) /* nothing of the socket's last life may be taken for this one */
        turns_end(key, &outlived, now_ns);
    conn_count(1);
    wake_reader(CS_READER_ASLEEP); /* it has a clock to start */
    return 1;
}

/* The same of one that is empty yet, but for its id. NULL: as above. */
static __always_inline struct conn *conn_create(__u64 key, __u64 now_ns, bool counted)
{
    static const struct conn none; /* too large for the stack beside its callers */
    struct conn *conn;

    if (!conn_insert(key, &none, now_ns, counted))
        return 0;
    conn = bpf_map_lookup_elem(&conns, &key);
    if (conn)
        conn->id = conn_id_now(now_ns);
    return conn;
}

/* True for the one caller that removed it. */
static __always_inline bool conn_remove(__u64 key)
{
    if (bpf_map_delete_elem(&conns, &key))
        return 0;
    __sync_fetch_and_add(conn_mark(key), -1);
    conn_count(-1);
    return 1;
}

static __always_inline struct cs_event_connection *conn_record(const struct conn *conn, __u8 reason,
                                                               __u64 ts_ns)
{
    struct cs_event_connection *record = emit_reserve(sizeof(*record), CS_LOSS_RING_CONNECTION);

    if (!record)
        return 0;
    event_init(&record->event, CS_EVENT_CONNECTION, sizeof(*record), conn->id, ts_ns);
    record->facts = conn->facts;
    record->error = 0;
    record->reason = reason;
    record->cause = CS_CAUSE_NONE;
    record->signal = 0;
    record->pad = 0;
    return record;
}

/* Its handshake, or what comes before it, is captured from here on: chunks follow, then an END. */
static __always_inline void conn_tell(const struct conn *conn, __u8 reason, __u64 ts_ns)
{
    struct cs_event_connection *record = conn_record(conn, reason, ts_ns);

    if (record)
        emit_submit(record);
}

/*
 * The kernel skips a tracing program that is running on this CPU already, so ESTABLISHED may go by
 * unseen (recursion_misses, Linux 5.12). What follows it proves it; the SYN-ACK came just before.
 */
static __always_inline void conn_repair(struct conn *conn, __u64 now_ns)
{
    conn->facts.established_ns = conn->synack_ns ? conn->synack_ns : now_ns;
    conn->phase = CONN_OPEN;
}

/* It was told, its END was not. */
static __always_inline bool conn_lacks_end(const struct conn *conn)
{
    return conn->phase == CONN_TLS || conn->phase == CONN_PREAMBLE || conn->phase == CONN_SEALED;
}

/* Tells the connection for the last time and forgets it. */
static __always_inline void conn_complete(__u64 key, const struct conn *conn, __u8 reason,
                                          __u64 ts_ns, const struct conn_ending *ending)
{
    struct cs_event_connection *record = conn_record(conn, reason, ts_ns);

    if (!record) { /* asked once: older verifiers lose sight of one that may be none */
        conn_remove(key);
        return;
    }
    record->error = ending->error;
    record->cause = ending->cause;
    record->signal = ending->signal;
    if (conn_remove(key))
        emit_submit(record);
    else
        bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
}

/* For a connection that was told before: only its end. */
static __always_inline void conn_end(__u64 key, const struct conn *conn, __u64 ts_ns,
                                     const struct conn_ending *ending)
{
    __u64 id = conn->id;
    struct cs_event_end *record;

    if (!conn_remove(key))
        return;
    record = emit_reserve(sizeof(*record), CS_LOSS_RING_END);
    if (!record)
        return;
    event_init(&record->event, CS_EVENT_END, sizeof(*record), id, ts_ns);
    record->error = ending->error;
    record->cause = ending->cause;
    record->signal = ending->signal;
    record->pad = 0;
    emit_submit(record);
}

/*
 * The socket begins another life, and the end of the last one went by unseen: the kernel skips a
 * tracing program that was preempted on this CPU (PREEMPT_LAZY, Linux 6.13) or that it interrupts.
 */
static __always_inline void conn_outlive(__u64 key, const struct conn *conn, __u64 now_ns)
{
    struct conn_ending ending = {.cause = CS_CAUSE_KERNEL};

    if (conn_lacks_end(conn))
        conn_end(key, conn, now_ns, &ending);
    else if (conn->told || conn->facts.flags & CS_CONN_PREEXISTING)
        conn_remove(key);
    else
        conn_complete(key, conn, conn->phase < CONN_OPEN ? CS_REASON_FAILED : CS_REASON_CLOSED,
                      now_ns, &ending);
}
