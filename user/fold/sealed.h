/* SPDX-License-Identifier: MIT */
/*
 * Requests inside TLS, told by the direction of records alone: what the client sends is a request,
 * what the server sends then is its response, until the client sends again. That holds for HTTP/1.1
 * without pipelining; whether it is HTTP/1.1, ALPN has told the caller.
 */
#pragma once

#include "include/wire/event.h"
#include "user/http/exchange.h"

struct cs_sealed {
    bool is_tls13;
    uint16_t alert_bytes;   /* TLS 1.3: a record of this length is an alert */
    uint16_t rekey_bytes;   /* TLS 1.3: may be a KeyUpdate (RFC 8446 section 4.6.3) */
    uint16_t interim_bytes; /* it may be a 100 (Continue); 0: not known */
    bool is_open;           /* a request was seen */
    bool has_asked;         /* the client's turn holds data */
    bool has_answered;      /* the first response was: no tickets come any more */
    bool is_done;           /* `done` waits to be fetched */
    unsigned tickets;       /* records alike, since the request, that may be session tickets */
    unsigned early_tickets; /* before it: what else could they be */
    uint16_t ticket_bytes;
    uint64_t ticket_ns;                 /* the newest of them */
    uint64_t begin[CS_DIRECTION_COUNT]; /* offsets of the request and of its response */
    struct {                            /* what may be no part of the response */
        uint64_t begin;
        uint64_t end;       /* 0: none */
        uint64_t before_ns; /* the newest byte before it */
        bool is_sure;
    } aside;
    struct {
        uint64_t ns;
        uint64_t end; /* 0: none */
    } interim;
    struct cs_http_exchange open;
    struct cs_http_exchange done;
};

void cs_sealed_init(struct cs_sealed *sealed, uint16_t version, uint16_t cipher);
void cs_sealed_add(struct cs_sealed *sealed, const struct cs_event_turn *event);
bool cs_sealed_next(struct cs_sealed *sealed, struct cs_http_exchange *exchange);
/* The connection ended, or the tracer stops: a request that is open completes as it is. */
void cs_sealed_close(struct cs_sealed *sealed, const struct cs_event_turn *last);
