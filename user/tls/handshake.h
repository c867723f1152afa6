/* SPDX-License-Identifier: MIT */
/*
 * The wire view of one TLS handshake: fed with captured chunks of both directions in any order, it
 * reassembles them, walks the records, reads the two hellos, and finds when the handshake started
 * and ended (RFC 5246, RFC 8446). Bounded memory; hostile bytes cannot harm it. No clock, no I/O.
 */
#pragma once

#include <stdbool.h>

#include "include/wire/event.h"

enum cs_tls_state {
    CS_TLS_WAITING, /* no ClientHello yet */
    CS_TLS_OPEN,
    CS_TLS_DONE,    /* the end rule held: end_ns is set */
    CS_TLS_FAILED,  /* a fatal alert, in clear or told by its size */
    CS_TLS_NOT_TLS, /* the bytes are no TLS handshake, or could not be followed */
};

enum { CS_TLS_NAME_BYTES = 256, CS_TLS_ALPN_BYTES = 64, CS_TLS_ALPN_COUNT = 8 };

struct cs_tls_facts {
    enum cs_tls_state state;
    __u64 client_hello_ns; /* first byte of the first ClientHello passed */
    __u64 server_hello_ns; /* the ServerHello that is no HelloRetryRequest */
    __u64 end_ns;          /* D4, D6: see handshake.c */
    __u64 alert_ns;
    __u16 version; /* 0x0303, 0x0304; 0 before ServerHello */
    __u16 cipher;  /* 0 before ServerHello */
    __s16 alert;   /* AlertDescription; -1 none; -2 encrypted */
    bool alert_from_server;
    bool hello_retry;
    bool early_data_offered;
    bool resumption_offered;             /* session id (<= 1.2), ticket, or pre_shared_key */
    __s8 resumed;                        /* 1, 0, -1 unknown */
    char server_name[CS_TLS_NAME_BYTES]; /* "" none */
    char alpn[CS_TLS_ALPN_BYTES];        /* chosen, in clear only up to TLS 1.2; "" unknown */
    char alpn_offered[CS_TLS_ALPN_COUNT][CS_TLS_ALPN_BYTES];
    __u8 alpn_offered_count;
};

struct cs_handshake;

/* NULL: out of memory. `role` is that of the traced end and changes nothing on the wire. */
struct cs_handshake *cs_handshake_new(void);
void cs_handshake_chunk(struct cs_handshake *handshake, const struct cs_event_chunk *chunk);
const struct cs_tls_facts *cs_handshake_facts(const struct cs_handshake *handshake);
void cs_handshake_free(struct cs_handshake *handshake); /* wipes the captured bytes */
