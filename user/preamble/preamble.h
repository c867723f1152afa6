/* SPDX-License-Identifier: MIT */
/*
 * The dialogue with a proxy: a way to a target is asked for (SOCKS4, 4a and 5, HTTP CONNECT). Fed
 * with captured chunks of both directions, it tells which target was asked for, when the way was
 * open, or why not. It does not read TLS: at a ClientHello it stops. What else comes before TLS
 * (STARTTLS and its kin) never leaves the kernel: bpf/preamble.h. No clock, no I/O; bounded memory;
 * hostile bytes cannot harm it.
 */
#pragma once

#include <stdint.h>

#include "include/wire/event.h"

enum { CS_TARGET_HOST_BYTES = 256, CS_TUNNEL_DETAIL_BYTES = 64 };

enum cs_tunnel_kind {
    CS_TUNNEL_NONE,
    CS_TUNNEL_SOCKS4,
    CS_TUNNEL_SOCKS5,
    CS_TUNNEL_CONNECT,
    CS_TUNNEL_HTTPS, /* inside TLS, where no byte can be read: not told by this room */
};

enum cs_preamble_state {
    CS_PREAMBLE_OPEN,    /* more to come: a ClientHello may still follow */
    CS_PREAMBLE_TUNNEL,  /* the proxy said yes: a ClientHello may follow */
    CS_PREAMBLE_REFUSED, /* the proxy said no, and nothing was tried again so far */
    CS_PREAMBLE_PLAIN,   /* no TLS will follow: payload, or who answered is no proxy */
};

/* Of a chain of proxies: the innermost tunnel asked for. */
struct cs_preamble_facts {
    enum cs_preamble_state state;
    enum cs_tunnel_kind kind;
    char target_host[CS_TARGET_HOST_BYTES]; /* as the client asked; IPv6 without brackets */
    uint16_t target_port;
    uint64_t opened_ns;     /* packet with the last byte of the proxy's positive reply */
    uint64_t refused_ns;    /* packet that said no; 0 again once something else is tried */
    const char *error_code; /* errno's name, HTTP status or "unknown"; lives with the preamble */
    char error_detail[CS_TUNNEL_DETAIL_BYTES]; /* the proxy's words or the RFC's, printable ASCII */
    uint64_t plain_ns;                         /* PLAIN: when the byte that decided it passed */
};

struct cs_preamble;

struct cs_preamble *cs_preamble_new(void); /* NULL: out of memory */

/* Chunks in any order, overlapping, repeated; offset 0 is the first byte of that direction. */
void cs_preamble_add(struct cs_preamble *preamble, const struct cs_event_chunk *chunk);

const struct cs_preamble_facts *cs_preamble_facts(const struct cs_preamble *preamble);
void cs_preamble_free(struct cs_preamble *preamble); /* wipes the captured bytes; NULL is fine */
