/* SPDX-License-Identifier: MIT */
/*
 * What the fold knows of one connection when it hands it over: raw facts and CLOCK_MONOTONIC times,
 * before any rule of Resource Timing. user/entry turns it into the public entry.
 * Strings are borrowed during the callback; 0 and NULL mean unknown or not reached.
 */
#pragma once

#include <connspan/entry.h>

#include "include/wire/event.h"
#include "user/http/exchange.h"
#include "user/preamble/preamble.h"
#include "user/tls/handshake.h"

struct cs_tls_record {
    bool present;
    struct cs_tls_facts wire; /* what the bytes said: user/tls/handshake.h */
    __u64 start_ns;           /* the chosen marks */
    __u64 end_ns;
    bool start_by_uprobe;
    bool end_by_uprobe;
    bool marks_disagree; /* library and wire, about either mark */
    bool is_read;        /* its library's plain text is told, if any is */
    __u8 bound_by;       /* enum cs_bound_by */
    __u32 calls;
    const char *library;
};

/* The lookup that gave the peer's address; without marks its name came from a cache. */
struct cs_lookup_record {
    const char *name; /* NULL: none is known */
    __u64 start_ns;
    __u64 end_ns;
};

enum { CS_ERROR_ROOM_BYTES = 96 };

struct cs_record {
    __u64 id;
    struct cs_facts facts;
    enum connspan_outcome outcome;
    __u64 done_ns;           /* when it was decided: completion or failure */
    __u64 failed_ns;         /* 0: it did not fail */
    const char *error_phase; /* as struct connspan_error */
    const char *error_code;
    const char *error_detail;
    char error_room[CS_ERROR_ROOM_BYTES]; /* where a detail is put together */
    bool late;
    bool given_up;      /* the program closed it before any byte */
    bool capture_limit; /* the packet program gave up before the end rule */
    struct cs_tls_record tls;
    const struct cs_preamble_facts *tunnel; /* the proxy it went through; NULL: none */
    const char *proxy_server_name;          /* by which the proxy was reached; NULL: not by TLS */
    struct cs_lookup_record lookup;
    const struct cs_http_exchange *request; /* NULL: the record is of the connection itself */
    bool reused;                            /* a request that is not the first of its connection */
    __u64 race_start_ns; /* an attempt at another address of the lookup came first; 0: none */
    const char *exe;
    const char *cgroup;
};
