/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Every record that can travel from the hooks to the fold: the one meeting point of bpf/ and user/.
 * A record is a `struct cs_event` header and the struct of its kind. The same bytes go through the
 * BPF ring buffer and onto a tape, so kinds and enum values are append-only and padding is
 * explicit. Times are CLOCK_MONOTONIC nanoseconds; 0 means "did not happen". Ports are in host byte
 * order. What a record means for an entry is not said here: that is user/fold's.
 */
#pragma once

#include <linux/types.h>

#define CS_EVENT_VERSION 1

enum {
    CS_COMM_BYTES = 16,         /* TASK_COMM_LEN */
    CS_CHUNK_MAX_BYTES = 2048,  /* payload one chunk carries: a post-quantum ClientHello fits */
    CS_CHUNK_SMALL_BYTES = 256, /* the smaller size class: a Finished flight, an alert */
    CS_SERVER_NAME_BYTES = 256, /* a DNS name has at most 253 (RFC 1035) */
    CS_PATH_BYTES = 1024,       /* longest path a name record carries; longer ones are cut */
    CS_TURN_BYTES = 1024,       /* of a turn of plain HTTP that is copied, from its first byte on */
};

enum cs_event_kind {
    CS_EVENT_CONNECTION =
        1,              /* bpf: the facts of a connection, sent once (twice if TLS starts late) */
    CS_EVENT_CHUNK = 2, /* bpf: handshake bytes of one packet */
    CS_EVENT_BIND = 3,  /* bpf: an OpenSSL object was tied to the connection */
    CS_EVENT_HANDSHAKE = 4,    /* bpf: SSL_do_handshake returned 1 */
    CS_EVENT_END = 5,          /* bpf: no more records of this connection will come */
    CS_EVENT_TICK = 6,         /* user: time passed; what is overdue is decided now */
    CS_EVENT_EXECUTABLE = 7,   /* user: the program a process runs */
    CS_EVENT_CGROUP = 8,       /* user: the path behind a cgroup id */
    CS_EVENT_LIBRARY = 9,      /* user: the file behind a library number */
    CS_EVENT_LOSS = 10,        /* user: totals of what was lost so far */
    CS_EVENT_CLOCK = 11,       /* user: a fresh pair of monotonic and wall clock */
    CS_EVENT_SERVER_NAME = 12, /* bpf: the name asked for, where no ClientHello is seen */
    CS_EVENT_UPGRADE = 13,     /* bpf: TLS begins behind a preamble */
    CS_EVENT_DNS = 14,         /* bpf: bytes of a DNS query or answer */
    CS_EVENT_TLS_ERROR = 15,   /* bpf: OpenSSL noted an error inside the handshake */
    CS_EVENT_TURN = 16,        /* bpf: the other end speaks now; what was said before is told */
    CS_EVENT_LOOKUP = 17,      /* bpf: getaddrinfo returned */
    CS_EVENT_INNER = 18,       /* bpf: another handshake began inside the connection's TLS */
    CS_EVENT_KIND_COUNT,
};

struct cs_event {
    __u64 ts_ns;      /* when it happened */
    __u64 conn_id;    /* unique per run; 0 where no connection is meant */
    __u32 size_bytes; /* of the whole record, this header included */
    __u16 kind;       /* enum cs_event_kind */
    __u16 version;    /* CS_EVENT_VERSION */
};

/* ---- CS_EVENT_CONNECTION ------------------------------------------------------------------- */

enum cs_role { CS_ROLE_CLIENT = 0, CS_ROLE_SERVER = 1, CS_ROLE_COUNT };

/* Why the facts are sent now. */
enum cs_reason {
    CS_REASON_PAYLOAD = 1, /* first payload, and it is not TLS: the connection is complete */
    CS_REASON_TLS = 2,     /* first payload is a TLS record: chunks follow, then an END */
    CS_REASON_CLOSED = 3,  /* established, then closed without a byte */
    CS_REASON_FAILED = 4,  /* never established */
    CS_REASON_SILENT = 5,  /* established a second ago, still no byte; an END follows some day */
    CS_REASON_STOPPED = 6, /* the tracer stops and the connection is not complete */
    CS_REASON_PREAMBLE =
        7, /* first payload is no TLS, but TLS may follow: a proxy's dialogue comes as chunks, then
              TLS is told (UPGRADE, and the facts again), or PAYLOAD, or an END */
    CS_REASON_COUNT,
};

/* Where connectStart comes from. */
enum cs_start_source {
    CS_START_UNKNOWN = 0, /* open before the tracer started */
    CS_START_FENTRY = 1,
    CS_START_KPROBE = 2,
    CS_START_CGROUP = 3,      /* cgroup/connect4, connect6 */
    CS_START_STATE = 4,       /* CLOSE -> SYN_SENT */
    CS_START_SYN = 5,         /* server: the SYN reached the listener */
    CS_START_ESTABLISHED = 6, /* server: the child became ESTABLISHED */
    CS_START_COUNT,
};

enum cs_connection_flag {
    CS_CONN_PREEXISTING = 1 << 0, /* open before the tracer started: start_ns is 0 */
    CS_CONN_TFO = 1 << 1,         /* the SYN carried data (RFC 7413) */
    CS_CONN_MPTCP = 1 << 2,       /* an MPTCP subflow (RFC 8684) */
    CS_CONN_TOLD = 1 << 3,        /* a record of this connection (SILENT) was sent before */
    CS_CONN_NO_SYN = 1 << 4,      /* failed before SYN_SENT */
    CS_CONN_NO_WIRE = 1 << 5,     /* no packet of it is seen: its TLS is known by uprobes alone */
    CS_CONN_TURNS = 1 << 6,       /* TURN records follow (with TLS: if its END says DONE), the last
                                     of which is an END of turns */
    CS_CONN_PLAIN = 1 << 7, /* TLS: they tell what goes through the library, where that is known */
};

/* How a connection that did not complete came to its end. */
enum cs_cause {
    CS_CAUSE_NONE = 0,
    CS_CAUSE_KERNEL = 1, /* `error` tells: refused, timed out, unreachable, reset */
    CS_CAUSE_CLOSE = 2,  /* the local program closed the socket */
    CS_CAUSE_SIGNAL = 3, /* the local program was killed; `signal` tells */
    CS_CAUSE_PEER = 4,   /* the peer sent FIN */
    CS_CAUSE_DONE = 5,   /* END only: the handshake is over, capture stopped */
    CS_CAUSE_LIMIT = 6,  /* END only: capture gave up at a limit of packets, bytes or time */
    CS_CAUSE_COUNT,
};

struct cs_process {
    __u64 cgroup_id; /* of the v2 hierarchy; 0 = unknown */
    __u32 tgid;      /* host pid; 0 = unknown */
    __u32 tid;
    __u32 uid;
    __u32 pad;
    char comm[CS_COMM_BYTES];   /* of the thread-group leader */
    char thread[CS_COMM_BYTES]; /* of the calling thread */
};

struct cs_facts {
    __u64 start_ns;       /* connect() was called, or the SYN came; 0 = before the tracer */
    __u64 syn_sent_ns;    /* client: CLOSE -> SYN_SENT */
    __u64 established_ns; /* 0 = never */
    struct cs_process process;
    __u8 local_address[16]; /* AF_INET: the first 4 bytes */
    __u8 remote_address[16];
    __u16 local_port;
    __u16 remote_port;
    __u16 family; /* AF_INET or AF_INET6; a v4-mapped address comes as AF_INET6 */
    __u16 flags;  /* enum cs_connection_flag */
    __u32 netns;  /* inode number of the network namespace */
    __u32 rtt_us; /* smoothed, when established; 0 = unknown */
    __u8 role;    /* enum cs_role */
    __u8 start_source;
    __u8 syn_retransmits;
    __u8 pad[5];
};

struct cs_event_connection {
    struct cs_event event; /* ts_ns: the instant of `reason` */
    struct cs_facts facts;
    __s32 error; /* FAILED, CLOSED: errno as a positive number; 0 = none known */
    __u8 reason; /* enum cs_reason */
    __u8 cause;  /* enum cs_cause, FAILED and CLOSED */
    __u8 signal;
    __u8 pad;
};

/* ---- CS_EVENT_CHUNK ------------------------------------------------------------------------ */

enum cs_direction { CS_FROM_CLIENT = 0, CS_FROM_SERVER = 1, CS_DIRECTION_COUNT };

enum cs_chunk_flag {
    CS_CHUNK_AT_RECORD = 1 << 0, /* the first byte starts a TLS record, whatever came before */
};

struct cs_event_chunk {
    struct cs_event event; /* ts_ns: the packet passed the cgroup hook */
    __u32 offset;          /* of data[0] in this direction's byte stream, modulo 2^32 */
    __u16 data_bytes;      /* captured; the packet may have held more */
    __u8 direction;        /* enum cs_direction */
    __u8 flags;            /* enum cs_chunk_flag */
    __u8 data[];           /* data_bytes, in a record of one of the size classes */
};

/* ---- CS_EVENT_UPGRADE ---------------------------------------------------------------------- */

struct cs_event_upgrade {
    struct cs_event event;            /* ts_ns: the first byte of the ClientHello passed */
    __u32 offset[CS_DIRECTION_COUNT]; /* of the first byte of TLS; those of chunks go on from 0 */
};

/* ---- CS_EVENT_BIND, CS_EVENT_HANDSHAKE ----------------------------------------------------- */

enum cs_bound_by { CS_BOUND_NONE = 0, CS_BOUND_THREAD = 1, CS_BOUND_FD = 2, CS_BOUND_COUNT };

enum cs_bind_flag {
    CS_BIND_EXPLICIT = 1 << 0, /* inside SSL_do_handshake: its return will give the end */
    CS_BIND_READ = 1 << 1,     /* what goes through its library is told (CS_CONN_PLAIN) */
    CS_BIND_FLAGS = CS_BIND_EXPLICIT | CS_BIND_READ,
};

struct cs_event_bind {
    struct cs_event event; /* ts_ns: the ClientHello (server: ServerHello) left */
    __u64 begin_ns;        /* first entry of the handshake on this SSL object; 0 = bind dropped */
    __u32 tid;
    __u16 library; /* number of a LIBRARY record; 0 = unknown */
    __u8 bound_by; /* enum cs_bound_by; NONE: two sockets in one window, an earlier bind is void */
    __u8 flags;    /* enum cs_bind_flag */
};

struct cs_event_handshake {
    struct cs_event event; /* ts_ns: SSL_do_handshake returned 1 */
    __u64 begin_ns;        /* as in the BIND, or the INNER, that it ends */
    __u32 calls;           /* entries of the state machine so far */
    __u16 library;
    __u16 pad;
};

/* ---- CS_EVENT_TLS_ERROR -------------------------------------------------------------------- */

struct cs_event_tls_error {
    struct cs_event event; /* ts_ns: the error was noted; an alert for it may leave later */
    __u32 reason;          /* SSL_R_*; from 1000 on, an alert that was received */
    __u32 pad;
};

/* ---- CS_EVENT_SERVER_NAME ------------------------------------------------------------------ */

struct cs_event_server_name {
    struct cs_event event;           /* ts_ns: the handshake was tied to the connection */
    char name[CS_SERVER_NAME_BYTES]; /* NUL-terminated, as the program gave it */
};

/* ---- CS_EVENT_INNER ------------------------------------------------------------------------ */

struct cs_event_inner {
    struct cs_event event; /* ts_ns: its ClientHello left, encrypted */
    __u64 begin_ns; /* first entry of the handshake on its object; 0 = it was none after all */
    __u16 library;
    __u16 pad[3];
    char name[CS_SERVER_NAME_BYTES]; /* that it asks for, NUL-terminated; empty = unknown */
};

/* ---- CS_EVENT_END -------------------------------------------------------------------------- */

struct cs_event_end {
    struct cs_event event; /* ts_ns: the instant of `cause` */
    __s32 error;           /* sk_err as a positive number */
    __u8 cause;            /* enum cs_cause */
    __u8 signal;
    __u16 pad;
};

/* ---- CS_EVENT_DNS -------------------------------------------------------------------------- */

enum cs_dns_flag {
    CS_DNS_TCP = 1 << 0,     /* else UDP */
    CS_DNS_IN_CALL = 1 << 1, /* a query: its thread is in getaddrinfo, whose return will be told */
    CS_DNS_FLAGS_END = 1 << 2,
};

struct cs_event_dns {
    struct cs_event event; /* ts_ns: the packet passed the cgroup hook; conn_id: of the query, and
                              of an entry that tells of its failure */
    struct cs_process process; /* who asks; in an answer tgid alone */
    __u64 socket;              /* its cookie: a query and its answer share it */
    __u32 offset;              /* of data[0]: in its message (UDP), or as a sequence number (TCP) */
    __u32 total_bytes;         /* of the packet's payload */
    __u32 netns;               /* inode number; 0 in an answer */
    __u16 data_bytes;          /* captured here */
    __u8 direction;            /* enum cs_direction: FROM_CLIENT is a query */
    __u8 flags;                /* enum cs_dns_flag */
    __u8 data[];               /* data_bytes, in a record of one of the size classes of a chunk */
};

/* ---- CS_EVENT_TURN ------------------------------------------------------------------------- */

enum cs_turn_news {
    CS_TURN_BEGIN = 1, /* the direction changed: `end` and `last_ns` are of what came before */
    CS_TURN_MORE = 2,  /* more bytes of the turn's start, maybe out of order, maybe again */
    CS_TURN_QUIET = 3, /* the server's turn rests for a second, or the tracer stops; it may go on */
    CS_TURN_END = 4,   /* no more turns: the connection ended, or is followed no further */
    CS_TURN_FRAMES = 5, /* HTTP/2: of one direction's frames what a packet, or a call, holds */
    CS_TURN_EOF = 6,    /* the server says no more; what the client says yet, nobody will answer */
    CS_TURN_NEWS_COUNT,
};

/*
 * Offsets count from the first byte of the connection, or of TLS's application data. With FRAMES
 * `end` of that direction is how far it has passed now, and data holds what comes from `offset` on,
 * without the payloads that are told of no frame (all but HEADERS, CONTINUATION, PUSH_PROMISE,
 * RST_STREAM and SETTINGS): each is as long as its frame's header says.
 */
struct cs_event_turn {
    struct cs_event event;             /* ts_ns: the packet passed; QUIET, EOF, END: now */
    __u64 last_ns[CS_DIRECTION_COUNT]; /* the newest byte of each direction passed; 0: none */
    __u64 end[CS_DIRECTION_COUNT]; /* behind that byte. BEGIN: the turn's is where it begins, too */
    __u64 offset;                  /* of data[0] */
    __s32 error;                   /* EOF, END: errno as a positive number */
    __u16 data_bytes;
    __u8 news;      /* enum cs_turn_news */
    __u8 direction; /* enum cs_direction: whose turn it is */
    __u8 cause;     /* EOF, END: enum cs_cause */
    __u8 signal;
    __u8 is_sealed; /* TLS: data holds headers of records, 5 bytes each, those that lie behind one
                       another from `offset` on */
    __u8 is_http2;  /* the connection began with HTTP/2's preface (RFC 9113 section 3.4) */
    __u8 lost;      /* HTTP/2: bits by enum cs_direction: bytes of it passed unseen */
    __u8 pad[3];
    __u8 data[]; /* data_bytes, in a record of one of the size classes */
};

/* ---- CS_EVENT_LOOKUP ----------------------------------------------------------------------- */

/* Without a socket type in its hints a call lists each address three times, once for each type. */
enum { CS_LOOKUP_ADDRESSES = 40, CS_LOOKUP_NAME_BYTES = 256 };

struct cs_event_lookup {
    struct cs_event event; /* ts_ns: it returned; conn_id: of an entry that tells of its failure */
    struct cs_process process;
    __u64 start_ns;
    __s32 error; /* EAI_* of netdb.h; 0 = none */
    __u32 netns;
    __u32 address_count;
    __u32 pad;
    __u8 addresses[CS_LOOKUP_ADDRESSES][16]; /* IPv4 v4-mapped; zeroes: neither */
    char name[CS_LOOKUP_NAME_BYTES];         /* as the program wrote it */
};

/* ---- records made by the feed in user space ------------------------------------------------ */

struct cs_event_tick {
    struct cs_event event;
};

struct cs_event_name { /* EXECUTABLE (number = tgid), CGROUP (number = id), LIBRARY (its number) */
    struct cs_event event;
    __u64 number;
    char text[]; /* NUL-terminated, padded to a multiple of 8 */
};

/* What can be lost, each with its counter. Names in user/entry/loss.c. Append-only. */
enum cs_loss {
    CS_LOSS_RING_CONNECTION = 0, /* no room in the ring, by kind of record */
    CS_LOSS_RING_CHUNK = 1,
    CS_LOSS_RING_BIND = 2,
    CS_LOSS_RING_HANDSHAKE = 3,
    CS_LOSS_RING_END = 4,
    CS_LOSS_CONNECTIONS_FULL = 5, /* no room in the kernel's table of open connections */
    CS_LOSS_BIND_CONFLICT = 6,    /* two sockets in one binding window */
    CS_LOSS_PENDING_FULL = 7,     /* the fold's table was full: the oldest was written early */
    CS_LOSS_MMAP = 8,             /* PERF_RECORD_LOST while watching for libraries */
    CS_LOSS_LIBRARY = 9,          /* a TLS library, or a caller of getaddrinfo, not probed */
    CS_LOSS_OUTPUT = 10,          /* an entry an output could not take */
    CS_LOSS_ORDER = 11,           /* entries whose marks violate the order of Resource Timing */
    CS_LOSS_EVENT = 12,           /* records that decode refused */
    CS_LOSS_TAPE = 13,            /* records the tape could not take */
    CS_LOSS_HOOK = 14,            /* runs of a tracing program that the kernel skipped */
    CS_LOSS_TREE = 15,            /* no room to follow a process that was forked */
    CS_LOSS_MARKS = 16,           /* library and wire differ about a mark by more than 5 ms */
    CS_LOSS_RING_DNS = 17,   /* no room in the ring for DNS bytes, in a record for an address */
    CS_LOSS_DNS = 18,        /* DNS messages that could not be read, lookups forgotten early */
    CS_LOSS_RING_TURN = 19,  /* no room in the ring for a turn of HTTP */
    CS_LOSS_TURNS_FULL = 20, /* no room to follow the requests of another connection */
    CS_LOSS_REQUEST = 21,    /* times the thread of a connection's requests was lost */
    CS_LOSS_FORGOTTEN = 22,  /* idle connections and calls let go to make room for newer ones */
    CS_LOSS_COUNT,
};

struct cs_event_loss {
    struct cs_event event;
    __u64 total[CS_LOSS_COUNT]; /* since the start of the run; may be shorter on an old tape */
};

struct cs_event_clock {
    struct cs_event event; /* ts_ns: the monotonic half */
    __u64 unix_ns;
};

_Static_assert(sizeof(struct cs_event) == 24, "header layout");
_Static_assert(sizeof(struct cs_process) == 56, "process layout");
_Static_assert(sizeof(struct cs_facts) == 24 + 56 + 32 + 8 + 8 + 8, "facts layout");
_Static_assert(sizeof(struct cs_event_connection) == 24 + 136 + 8, "connection layout");
_Static_assert(sizeof(struct cs_event_chunk) == 32, "chunk layout");
_Static_assert(sizeof(struct cs_event_upgrade) == 32, "upgrade layout");
_Static_assert(sizeof(struct cs_event_bind) == 40, "bind layout");
_Static_assert(sizeof(struct cs_event_handshake) == 40, "handshake layout");
_Static_assert(sizeof(struct cs_event_tls_error) == 32, "TLS error layout");
_Static_assert(sizeof(struct cs_event_server_name) == 280, "server name layout");
_Static_assert(sizeof(struct cs_event_inner) == 296, "inner layout");
_Static_assert(sizeof(struct cs_event_end) == 32, "end layout");
_Static_assert(sizeof(struct cs_event_dns) == 24 + 56 + 8 + 16, "dns layout");
_Static_assert(sizeof(struct cs_event_turn) == 24 + 32 + 8 + 16, "turn layout");
_Static_assert(sizeof(struct cs_event_lookup) == 24 + 56 + 24 + 640 + 256, "lookup layout");
