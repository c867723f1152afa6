/* SPDX-License-Identifier: MIT */
/* One function per kind of record. */
#include "tests/harness/events.h"

#include <string.h>
#include <sys/socket.h>

static struct cs_event header(enum cs_event_kind kind, size_t size, uint64_t id, uint64_t at_ns)
{
    return (struct cs_event){
        .ts_ns = at_ns,
        .conn_id = id,
        .size_bytes = (uint32_t)((size + 7) & ~7UL),
        .kind = kind,
        .version = CS_EVENT_VERSION,
    };
}

struct cs_facts ev_facts(void)
{
    return (struct cs_facts){
        .start_ns = EV_START,
        .syn_sent_ns = EV_SYN_SENT,
        .established_ns = EV_ESTABLISHED,
        .process = {.cgroup_id = 7,
                    .tgid = 100,
                    .tid = 101,
                    .uid = 1000,
                    .comm = "curl",
                    .thread = "worker"},
        .local_address = {10, 0, 0, 1},
        .remote_address = {192, 0, 2, 1},
        .local_port = 40000,
        .remote_port = 443,
        .family = AF_INET,
        .netns = 4026531840,
        .rtt_us = 20000,
        .role = CS_ROLE_CLIENT,
        .start_source = CS_START_FENTRY,
    };
}

struct cs_event_connection ev_connection(uint64_t id, uint64_t at_ns, enum cs_reason reason)
{
    return (struct cs_event_connection){
        .event = header(CS_EVENT_CONNECTION, sizeof(struct cs_event_connection), id, at_ns),
        .facts = ev_facts(),
        .reason = reason,
    };
}

struct cs_event_connection ev_failure(uint64_t id, uint64_t at_ns, enum cs_cause cause, int error)
{
    struct cs_event_connection event = ev_connection(id, at_ns, CS_REASON_FAILED);

    event.facts.established_ns = 0;
    event.cause = cause;
    event.error = error;
    return event;
}

union ev_chunk ev_bytes(uint64_t id, uint64_t at_ns, struct handshake_bytes bytes)
{
    union ev_chunk event = {0};

    event.chunk.event =
        header(CS_EVENT_CHUNK, sizeof(struct cs_event_chunk) + bytes.length, id, at_ns);
    event.chunk.offset = bytes.offset;
    event.chunk.data_bytes = (uint16_t)bytes.length;
    event.chunk.direction = bytes.direction;
    memcpy(event.chunk.data, bytes.data, bytes.length);
    return event;
}

union ev_chunk ev_payload(uint64_t id, uint64_t at_ns, const char *text)
{
    struct handshake_bytes bytes = {(const uint8_t *)text, strlen(text), 0, CS_FROM_CLIENT};

    return ev_bytes(id, at_ns, bytes);
}

union ev_chunk ev_chunk(uint64_t id, uint64_t at_ns, enum handshake_step step)
{
    return ev_bytes(id, at_ns, handshake_bytes(step));
}

union ev_chunk ev_moved(union ev_chunk chunk, uint32_t ahead)
{
    chunk.chunk.offset += ahead;
    return chunk;
}

struct cs_event_upgrade ev_upgrade(uint64_t id, uint64_t at_ns, uint32_t client, uint32_t server)
{
    return (struct cs_event_upgrade){
        .event = header(CS_EVENT_UPGRADE, sizeof(struct cs_event_upgrade), id, at_ns),
        .offset = {client, server},
    };
}

struct cs_event_bind ev_bind(uint64_t id, uint64_t at_ns, uint64_t begin_ns)
{
    return (struct cs_event_bind){
        .event = header(CS_EVENT_BIND, sizeof(struct cs_event_bind), id, at_ns),
        .begin_ns = begin_ns,
        .tid = 101,
        .library = 3,
        .bound_by = CS_BOUND_THREAD,
        .flags = CS_BIND_EXPLICIT,
    };
}

struct cs_event_handshake ev_handshake(uint64_t id, uint64_t at_ns)
{
    return (struct cs_event_handshake){
        .event = header(CS_EVENT_HANDSHAKE, sizeof(struct cs_event_handshake), id, at_ns),
        .calls = 2,
        .library = 3,
    };
}

struct cs_event_tls_error ev_tls_error(uint64_t id, uint64_t at_ns, uint32_t reason)
{
    return (struct cs_event_tls_error){
        .event = header(CS_EVENT_TLS_ERROR, sizeof(struct cs_event_tls_error), id, at_ns),
        .reason = reason,
    };
}

struct cs_event_server_name ev_server_name(uint64_t id, uint64_t at_ns, const char *name)
{
    struct cs_event_server_name event = {
        .event = header(CS_EVENT_SERVER_NAME, sizeof(event), id, at_ns),
    };

    strncpy(event.name, name, sizeof(event.name) - 1);
    return event;
}

struct cs_event_inner ev_inner(uint64_t id, uint64_t at_ns, uint64_t begin_ns, const char *name)
{
    struct cs_event_inner event = {
        .event = header(CS_EVENT_INNER, sizeof(event), id, at_ns),
        .begin_ns = begin_ns,
        .library = 3,
    };

    strncpy(event.name, name, sizeof(event.name) - 1);
    return event;
}

struct cs_event_end ev_end(uint64_t id, uint64_t at_ns, enum cs_cause cause)
{
    return (struct cs_event_end){
        .event = header(CS_EVENT_END, sizeof(struct cs_event_end), id, at_ns),
        .cause = cause,
    };
}

union ev_turn ev_turn(uint64_t id, uint64_t at_ns, enum cs_turn_news news, const char *text)
{
    union ev_turn event = {0};
    size_t length = strlen(text);

    event.turn.event = header(CS_EVENT_TURN, sizeof(event.turn) + length, id, at_ns);
    event.turn.news = news;
    event.turn.data_bytes = (__u16)length;
    memcpy(event.turn.data, text, length);
    return event;
}

struct cs_event_tick ev_tick(uint64_t at_ns)
{
    return (struct cs_event_tick){header(CS_EVENT_TICK, sizeof(struct cs_event_tick), 0, at_ns)};
}

union ev_name ev_name(enum cs_event_kind kind, uint64_t number, const char *text)
{
    union ev_name event = {0};

    event.name.event = header(kind, sizeof(struct cs_event_name) + strlen(text) + 1, 0, 0);
    event.name.number = number;
    strcpy(event.name.text, text);
    return event;
}
