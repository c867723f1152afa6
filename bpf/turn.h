/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The state of a connection whose requests are followed (--requests), and its end. It lives when
 * the connection is complete and gone from `conns`, by the same key. Two ends that speak at once
 * may be seen in either order, which user space tells.
 */
#pragma once

#include "emit.h"
#include "key.h"

struct conn_ending {
    __s32 error;
    __u8 cause;
    __u8 signal;
};

enum { TURN_OF_NOBODY = CS_DIRECTION_COUNT };
enum { HTTP2_PREFACE_BYTES = 24 }; /* RFC 9113 section 3.4 */

/* One direction of HTTP/2: frames.h. */
struct frames {
    __u64 at;     /* the next byte that is told; it may lie far behind those that passed */
    __u64 header; /* length, type and flags of the frame, as far as they passed */
    __u32 left;   /* of what is told: the client's preface, or of a frame's payload */
    __u32 skip;   /* of what is passed over then */
    /* The packet that is being walked, or what a program wrote or read. */
    __u64 packet;  /* offset of its payload */
    __u64 payload; /* where it lies: in the packet, or in the program's memory */
    __u32 length;
    __u16 taken;  /* bytes in the record */
    __u8 records; /* told of the packet */
    __u8 held;    /* bytes of a header that lies in two packets */
    __u8 is_lost; /* bytes passed unseen */
    __u8 pad[3];
};

struct turns {
    __u64 conn_id;
    __u64 last_ns[2]; /* by enum cs_direction: the newest byte passed */
    __u64 end[2];     /* behind it; what lies below is a retransmission */
    __u64 start;      /* where the current turn begins */
    __u64 next;       /* of TLS: where the next record header of this turn is; of what goes through
                         it (plain.bpf.c): length of a write that may have failed */
    union {
        __u64 ssl; /* the object whose plain text it is (plain.h), in that process; 0: none */
        __u64 rest_begins; /* of what goes through it: the first bytes behind its last write's
                              record */
    };
    union {
        __u64 tgid;
        __u64 rest_length; /* how many those are; 0: the last write fitted into one */
    };
    union {
        __u32 base[2]; /* TCP sequence numbers of offset 0 */
        __u64 rest_at; /* where they lay in the program's memory */
    };
    __u16 packets;  /* of this turn that were copied */
    __u8 direction; /* whose turn it is, or TURN_OF_NOBODY */
    __u8 is_sealed; /* TLS */
    __u8 told;      /* QUIET was told of this turn's rest */
    union {
        __u8 based;        /* bits by enum cs_direction: base is known */
        __u8 rest_repeats; /* the write began with the same bytes */
    };
    __u8 is_http2;
    __u8 is_framed; /* of what goes through TLS: told as `frames`, too */
    __u8 is_ended;  /* the server's FIN came, or its last words may be a TLS alert */
    __u8 pad[7];
    struct frames frames[2]; /* of HTTP/2, which has no turns */
};

/* What a new one begins with. */
static const struct turns no_turns = {.direction = TURN_OF_NOBODY};

struct turns_map {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 32768);
    __uint(map_flags, 0);
    __type(key, __u64);
    __type(value, struct turns);
};
extern struct turns_map turns_map SEC(".maps");

/* ---- of TLS, what a program reads and writes (--plaintext): plain.h ---- */

struct plain_key { /* the pointer is unique only inside its process */
    __u64 ssl;
    __u64 tgid;
};

struct plains_map {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, CS_MAX_SSL);
    __type(key, struct plain_key);
    __type(value, struct turns);
};
extern struct plains_map plains SEC(".maps");

/* The plain text of a connection in TLS, if it is seen; else the connection's own turns. */
static __always_inline const struct turns *plain_of(const struct turns *sealed)
{
    struct plain_key key = {sealed->ssl, sealed->tgid};
    struct turns *plain = sealed->ssl ? bpf_map_lookup_elem(&plains, &key) : 0;

    return plain && plain->conn_id == sealed->conn_id && plain->direction != TURN_OF_NOBODY
               ? plain
               : sealed;
}

static __always_inline void plain_forget(const struct plain_key *key, __u64 conn_id)
{
    struct turns *plain = key->ssl ? bpf_map_lookup_elem(&plains, key) : 0;

    if (plain && plain->conn_id == conn_id) /* not another connection's by now */
        bpf_map_delete_elem(&plains, key);
}

static __always_inline void turns_fill_end(struct cs_event_turn *record, const struct turns *turns,
                                           __u8 news, __u64 now_ns)
{
    event_init(&record->event, CS_EVENT_TURN, sizeof(*record), turns->conn_id, now_ns);
    record->last_ns[0] = turns->last_ns[0];
    record->last_ns[1] = turns->last_ns[1];
    record->end[0] = turns->end[0];
    record->end[1] = turns->end[1];
    record->offset = 0;
    record->error = 0;
    record->data_bytes = 0;
    record->news = news;
    record->direction = turns->direction == CS_FROM_CLIENT ? CS_FROM_CLIENT : CS_FROM_SERVER;
    record->cause = CS_CAUSE_NONE;
    record->signal = 0;
    record->is_sealed = turns->is_sealed;
    record->is_http2 = turns->is_http2;
    record->lost = turns->frames[0].is_lost | turns->frames[1].is_lost << 1;
    __builtin_memset(record->pad, 0, sizeof(record->pad));
}

/* The server's FIN came: what it said is complete, and its client may be on its way to say more.
 * 0: no more of it is followed. */
static __always_inline bool turns_eof(__u64 key, __u64 now_ns)
{
    struct turns *turns = bpf_map_lookup_elem(&turns_map, &key);
    struct cs_event_turn *record;

    if (!turns || turns->is_http2)
        return 0;
    turns->is_ended = 1;
    if (plain_of(turns) != turns) /* the program has yet to read it */
        return 1;
    record = emit_reserve(sizeof(*record), CS_LOSS_RING_TURN);
    if (!record)
        return 1;
    turns_fill_end(record, turns, CS_TURN_EOF, now_ns);
    record->cause = CS_CAUSE_PEER;
    emit_submit(record);
    return 1;
}

/* Whoever was in the middle of something by then: it was the server that ended it. */
static __always_inline bool turns_ended_by_server(const struct turns *turns, __u8 cause)
{
    return turns->is_ended && (cause == CS_CAUSE_CLOSE || cause == CS_CAUSE_KERNEL);
}

/* The connection ends: all is told that came. */
static __always_inline void turns_end(__u64 key, const struct conn_ending *ending, __u64 now_ns)
{
    struct turns *turns = bpf_map_lookup_elem(&turns_map, &key);
    struct cs_event_turn *record;
    const struct turns *told;
    struct plain_key plain;
    __u64 conn_id;

    if (!turns)
        return;
    plain = (struct plain_key){turns->ssl, turns->tgid};
    conn_id = turns->conn_id;
    told = plain_of(turns);
    record = emit_reserve(sizeof(*record), CS_LOSS_RING_TURN);
    if (record) {
        turns_fill_end(record, told, CS_TURN_END, now_ns);
        record->error = ending->error;
        record->cause = turns_ended_by_server(turns, ending->cause) ? CS_CAUSE_PEER : ending->cause;
        record->signal = ending->signal;
    }
    if (!bpf_map_delete_elem(&turns_map, &key)) {
        __sync_fetch_and_add(&shared.turns, -1);
        if (record)
            emit_submit(record);
    } else if (record) {
        bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
    }
    plain_forget(&plain, conn_id); /* with no record held: verifiers lose sight of it */
}
