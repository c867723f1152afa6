/* SPDX-License-Identifier: MIT */
/*
 * A connection's HTTP: fed with turns of both directions in the order they began, it gives
 * exchanges as they complete. Whether it is HTTP/1 or HTTP/2 (prior knowledge, or decrypted), the
 * client's first bytes tell. It never guesses: where it lost the thread it says so. No clock, no
 * I/O; bounded memory; hostile bytes cannot harm it. What was captured is wiped once read.
 */
#pragma once

#include "user/http/exchange.h"
#include "user/http/turn.h"

enum cs_http_state {
    CS_HTTP_BEGINNING, /* no byte of the client was seen yet */
    CS_HTTP_SPEAKING,  /* it is HTTP */
    CS_HTTP_OVER,      /* it was: a tunnel or another protocol follows. Feed it no more */
    CS_HTTP_FOREIGN,   /* it is not HTTP. Feed it no more */
};

struct cs_http_facts {
    enum cs_http_state state;
    enum cs_http_version version; /* HTTP/1: of the newest request */
    uint64_t exchanges;           /* given so far */
    uint64_t losses;              /* times the thread was lost: a counter must say so */
    bool is_lost;                 /* HTTP/2: a direction cannot be read any more */
};

/* How the connection ended, which says whether a body is whole that goes on until then (RFC 9112
 * section 8). */
enum cs_http_ending {
    CS_HTTP_NOT_ENDED,       /* it goes on, unheard */
    CS_HTTP_ENDED_UNSEEN,    /* nobody knows */
    CS_HTTP_ENDED_BY_SERVER, /* it closed it: all was said */
    CS_HTTP_ENDED_BY_CLIENT, /* it closed it, or was killed */
    CS_HTTP_ENDED_BROKEN,    /* reset, or timed out */
};

struct cs_http;

/* `parts`: what of URLs may be kept. NULL: out of memory. */
struct cs_http *cs_http_new(enum cs_url_parts parts);

/* 0, or -ENOMEM: this turn was lost, which the exchanges will say. */
int cs_http_add(struct cs_http *http, const struct cs_http_turn *turn);

/*
 * `data`, the start of a turn that is not added yet, as far as it came: all that no tape may hold
 * is overwritten (redact.h); of HTTP/2 that is all. NULL: nothing is known of what it belongs to.
 */
void cs_http_redact(const struct cs_http *http, enum cs_direction direction, uint32_t start,
                    uint8_t *data, size_t length);

/* HTTP/2: bytes of this direction passed unseen. */
void cs_http_lose(struct cs_http *http, enum cs_direction direction);

/* The connection ended, at `ns`: all that is open completes as it is. */
void cs_http_close(struct cs_http *http, enum cs_http_ending how, uint64_t ns);

/*
 * The next complete exchange, in order of completion; false: there is none. A response completes
 * with the turn that its framing (RFC 9112 section 6) says is its last; where that is not known,
 * with the next request or the close.
 */
bool cs_http_next(struct cs_http *http, struct cs_http_exchange *exchange);

const struct cs_http_facts *cs_http_facts(const struct cs_http *http);
void cs_http_free(struct cs_http *http); /* wipes what it holds; NULL is fine */
