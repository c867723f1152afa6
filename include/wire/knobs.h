/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What user space tells the BPF programs: constants written before load (the verifier prunes what
 * they switch off, so a helper that a kernel lacks may stand behind one), and the few words that
 * both sides share while running. The other way goes through event.h only.
 */
#pragma once

#include <linux/types.h>

/* Frozen before load. */
struct cs_knobs {
    __u64 start_ns;    /* the tracer started: what was open before is preexisting */
    __u64 window_ns;   /* how long after its last step a thread's handshake may send a hello */
    __u64 silent_ns;   /* an established connection without a byte is told after this */
    __u64 preamble_ns; /* TLS behind a preamble is awaited so long */
    __u64 ring_bytes;
    __u8 trace_client; /* --role */
    __u8 trace_server;
    __u8 filter_tree;  /* only processes in the `tree` map: -p, record -- command */
    __u8 read_kernel;  /* bpf_probe_read_kernel works: not under lockdown=confidentiality */
    __u8 skb_pid_tgid; /* bpf_get_current_pid_tgid in cgroup_skb: Linux 6.12 */
    __u8 has_cookies;  /* bpf_get_attach_cookie: Linux 5.15 */
    __u8 requests;     /* --requests */
    __u8 tail_call;    /* always 0: uprobe.h */
    __u8 plaintext;    /* --plaintext: what goes through OpenSSL is told as turns */
    __u8 pad[7];
};

/* How deep the reader sleeps; it sets the word, the programs clear it when they wake it. */
enum cs_reader_sleep {
    CS_READER_AWAKE = 0,  /* reads by itself, or when a quarter of the ring is full */
    CS_READER_DOZING = 1, /* wake it for a record */
    CS_READER_ASLEEP = 2, /* wake it for a connection that begins, too: it must start its clock */
};

/* Written while running, in .bss. */
struct cs_shared {
    __u32 reader;   /* enum cs_reader_sleep */
    __u32 has_wire; /* cgroup_skb is attached: payload will be seen */
    __u32 stopping; /* the next sweep tells every connection that is not complete */
    __u32 hurried;  /* the ring was found filling, and the reader woken; it clears the word */
    __s64 room;     /* connections until the table is half full; set before an iterator runs */
    __u64 turns;    /* connections whose requests are followed */
};

/* Connections that a processor has put into the kernel's table, less those that it has taken out: a
 * cache line each, or two processors would wait for each other with every connection. */
struct cs_count {
    __s64 count;
    __s64 pad[7];
};

/* Cookie of an entry probe: which function it sits on, and the number of its library. */
enum cs_probe {
    CS_PROBE_STATEM = 1,    /* the OpenSSL state machine: every handshake passes it */
    CS_PROBE_HANDSHAKE = 2, /* SSL_do_handshake: what it steps was asked for, by this thread */
    CS_PROBE_FREE = 3,      /* SSL_free: the pointer may come back as another object */
    CS_PROBE_SET_FD = 4,    /* SSL_set_fd, SSL_set_wfd: the socket that its bytes leave by */
    CS_PROBE_CTRL = 5,      /* SSL_ctrl: the server name, for a ClientHello that nobody can read */
    CS_PROBE_WHOLE =
        6, /* the handshake's function where no state machine is known: both of 1 and 2 */
    CS_PROBE_ERROR = 7,     /* ERR_vset_error(library, reason, ...), OpenSSL 3 */
    CS_PROBE_PUT_ERROR = 8, /* ERR_put_error(library, function, reason, ...), before */
    CS_PROBE_LOOKUP = 9,    /* getaddrinfo(node, service, hints, result) */
    CS_PROBE_WRITE = 10,    /* ssl_write of the method; detail: CS_DETAIL_OF_WRITE */
    CS_PROBE_READ_END = 11, /* behind ssl_read, its result is there; detail: CS_DETAIL_OF_READ */
    CS_PROBE_END = 12,      /* a step of a handshake is about to return; detail: CS_DETAIL_OF_END */
};

enum { CS_ERR_LIB_SSL = 20 }; /* OpenSSL's number for the errors of TLS (err.h) */

#define CS_COOKIE(library, probe) ((__u64)(library) << 8 | (probe))
#define CS_COOKIE_DETAIL(cookie)  ((__u32)((cookie) >> 24)) /* what struct cs_site says */

/* Where an SSL holds what SSL_want and SSL_in_init tell. */
#define CS_DETAIL_OF_WRITE(want, state) ((__u32)(want) << 16 | (state))
/* Of CS_PROBE_STATEM: its library has both of CS_PROBE_WRITE and CS_PROBE_READ_END, too. */
enum { CS_DETAIL_IS_READ = 1 };
/* Numbers of the registers that hold these. */
#define CS_DETAIL_OF_READ(ssl, data, length_at)                                                    \
    ((__u32)(ssl) << 16 | (__u32)(data) << 8 | (length_at))
enum { CS_END_PLACES = 4096 }; /* offsets in a page of 4 KB */

/* What success returns, and the numbers of the registers that hold these. */
#define CS_DETAIL_OF_END(success, ssl, result)                                                     \
    ((__u32)(success) << 16 | (__u32)(ssl) << 8 | (result))
#define CS_COOKIE_PROBE(cookie)   ((__u8)(cookie))
#define CS_COOKIE_LIBRARY(cookie) ((__u16)((cookie) >> 8))
