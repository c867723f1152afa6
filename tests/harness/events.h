/* SPDX-License-Identifier: MIT */
/*
 * Event builders: well-formed records that decode would pass, with dull defaults. A test changes
 * the fields it is about. Time is written, never read.
 */
#pragma once

#include "include/wire/event.h"
#include "tests/harness/handshake_bytes.h"

#define US 1000ULL
#define MS 1000000ULL
#define S  1000000000ULL

/* When the client of ev_facts() calls connect(), sends its SYN and is established. */
#define EV_START       (10 * S)
#define EV_SYN_SENT    (EV_START + 50 * US)
#define EV_ESTABLISHED (EV_START + 20 * MS)

union ev_chunk {
    struct cs_event event;
    struct cs_event_chunk chunk;
    uint8_t room[sizeof(struct cs_event_chunk) + CS_CHUNK_MAX_BYTES];
};

union ev_name {
    struct cs_event event;
    struct cs_event_name name;
    uint8_t room[sizeof(struct cs_event_name) + CS_PATH_BYTES + 8];
};

/* curl (pid 100, uid 1000, cgroup 7) from 10.0.0.1:40000 to 192.0.2.1:443. */
struct cs_facts ev_facts(void);

struct cs_event_connection ev_connection(uint64_t id, uint64_t at_ns, enum cs_reason reason);
/* A FAILED one, never established. */
struct cs_event_connection ev_failure(uint64_t id, uint64_t at_ns, enum cs_cause cause, int error);
union ev_chunk ev_chunk(uint64_t id, uint64_t at_ns, enum handshake_step step);
/* A text of one's own at the start of the client's stream, or any bytes anywhere. */
union ev_chunk ev_payload(uint64_t id, uint64_t at_ns, const char *text);
union ev_chunk ev_bytes(uint64_t id, uint64_t at_ns, struct handshake_bytes bytes);
/* A literal, from the client, `at` bytes into its stream. */
#define EV_CLIENT_BYTES(literal, at)                                                               \
    ((struct handshake_bytes){(const uint8_t *)(literal), sizeof(literal) - 1, at, CS_FROM_CLIENT})
#define EV_SERVER_BYTES(literal, at)                                                               \
    ((struct handshake_bytes){(const uint8_t *)(literal), sizeof(literal) - 1, at, CS_FROM_SERVER})

/* The same bytes, `ahead` further on in their stream. */
union ev_chunk ev_moved(union ev_chunk chunk, uint32_t ahead);
struct cs_event_upgrade ev_upgrade(uint64_t id, uint64_t at_ns, uint32_t client, uint32_t server);

struct cs_event_bind ev_bind(uint64_t id, uint64_t at_ns, uint64_t begin_ns);
struct cs_event_handshake ev_handshake(uint64_t id, uint64_t at_ns);
struct cs_event_tls_error ev_tls_error(uint64_t id, uint64_t at_ns, uint32_t reason);
struct cs_event_server_name ev_server_name(uint64_t id, uint64_t at_ns, const char *name);
struct cs_event_inner ev_inner(uint64_t id, uint64_t at_ns, uint64_t begin_ns, const char *name);
struct cs_event_end ev_end(uint64_t id, uint64_t at_ns, enum cs_cause cause);

union ev_turn {
    struct cs_event event;
    struct cs_event_turn turn;
    uint8_t room[sizeof(struct cs_event_turn) + CS_TURN_BYTES];
};

/* The client's turn begins with these bytes; nothing was said before. */
union ev_turn ev_turn(uint64_t id, uint64_t at_ns, enum cs_turn_news news, const char *text);
struct cs_event_tick ev_tick(uint64_t at_ns);
union ev_name ev_name(enum cs_event_kind kind, uint64_t number, const char *text);
