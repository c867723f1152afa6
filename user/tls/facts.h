/* SPDX-License-Identifier: MIT */
/*
 * What the bytes of a TLS handshake tell: the state it is in, its times and what both sides said in
 * clear. Filled by client_hello.c, server_hello.c and handshake.c; judged by nobody here.
 */
#pragma once

#include <linux/types.h>
#include <stdbool.h>

enum cs_tls_state {
    CS_TLS_WAITING, /* no ClientHello yet */
    CS_TLS_OPEN,
    CS_TLS_DONE,    /* the end rule held: end_ns is set */
    CS_TLS_FAILED,  /* a fatal alert, in clear or told by its size: alert, alert_ns */
    CS_TLS_NOT_TLS, /* the client's bytes are no ClientHello, or could not be followed */
};

enum {
    CS_TLS_NAME_BYTES = 256,
    CS_TLS_ALPN_BYTES = 64,
    CS_TLS_ALPN_COUNT = 8,
};

enum { CS_TLS_1_2 = 0x0303, CS_TLS_1_3 = 0x0304 };

enum { CS_ALERT_NONE = -1, CS_ALERT_ENCRYPTED = -2 };

struct cs_tls_facts {
    enum cs_tls_state state;
    __u64 client_hello_ns; /* first byte of the first ClientHello passed */
    __u64 server_hello_ns; /* the ServerHello that is no HelloRetryRequest */
    __u64 end_ns;          /* when both sides had what a request needs: end_rule.c */
    __u64 alert_ns;
    __u16 version; /* 0x0303, 0x0304; 0 before ServerHello */
    __u16 cipher;  /* 0 before ServerHello */
    __s16 alert;   /* AlertDescription or CS_ALERT_*; close_notify fails nothing */
    bool alert_from_server;
    bool hello_retry;
    bool early_data_offered;
    bool resumption_offered;             /* session id (<= 1.2), ticket, or pre_shared_key */
    __s8 resumed;                        /* 1, 0, -1 unknown */
    char server_name[CS_TLS_NAME_BYTES]; /* "" none; printable ASCII */
    char alpn[CS_TLS_ALPN_BYTES];        /* chosen, in clear only up to TLS 1.2; "" unknown */
    char alpn_offered[CS_TLS_ALPN_COUNT][CS_TLS_ALPN_BYTES];
    __u8 alpn_offered_count;
};
