/* SPDX-License-Identifier: MIT */
/*
 * What a well-formed record of each kind is: one row of sizes per kind, and a check of the values
 * that later code indexes tables or reads strings with. Times and identities are not judged here.
 */
#include "user/feed/decode.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

enum { RECORD_ALIGNMENT = 8, MAX_ERRNO = 4095, MAX_SIGNAL = 64 };

static bool terminated(const char *text, size_t room)
{
    return memchr(text, '\0', room) != NULL;
}

static bool valid_end(int error, unsigned cause, unsigned signal)
{
    return error >= 0 && error <= MAX_ERRNO && cause < CS_CAUSE_COUNT && signal <= MAX_SIGNAL;
}

static bool check_connection(const struct cs_event *event)
{
    const struct cs_event_connection *record = (const struct cs_event_connection *)event;
    const struct cs_facts *facts = &record->facts;

    if (record->reason == 0 || record->reason >= CS_REASON_COUNT)
        return false;
    if (facts->role >= CS_ROLE_COUNT || facts->start_source >= CS_START_COUNT)
        return false;
    if (facts->family != AF_INET && facts->family != AF_INET6)
        return false;
    if (!terminated(facts->process.comm, CS_COMM_BYTES) ||
        !terminated(facts->process.thread, CS_COMM_BYTES))
        return false;
    return valid_end(record->error, record->cause, record->signal);
}

static bool check_chunk(const struct cs_event *event)
{
    const struct cs_event_chunk *record = (const struct cs_event_chunk *)event;

    return record->direction < CS_DIRECTION_COUNT &&
           record->data_bytes <= event->size_bytes - sizeof(*record);
}

static bool check_bind(const struct cs_event *event)
{
    const struct cs_event_bind *record = (const struct cs_event_bind *)event;

    return record->bound_by < CS_BOUND_COUNT && !(record->flags & ~CS_BIND_FLAGS);
}

static bool check_end(const struct cs_event *event)
{
    const struct cs_event_end *record = (const struct cs_event_end *)event;

    return valid_end(record->error, record->cause, record->signal);
}

static bool check_dns(const struct cs_event *event)
{
    const struct cs_event_dns *record = (const struct cs_event_dns *)event;

    return record->direction < CS_DIRECTION_COUNT && record->flags < CS_DNS_FLAGS_END &&
           record->data_bytes <= event->size_bytes - sizeof(*record) &&
           terminated(record->process.comm, CS_COMM_BYTES) &&
           terminated(record->process.thread, CS_COMM_BYTES);
}

static bool check_turn(const struct cs_event *event)
{
    const struct cs_event_turn *record = (const struct cs_event_turn *)event;

    return record->news > 0 && record->news < CS_TURN_NEWS_COUNT &&
           record->direction < CS_DIRECTION_COUNT && record->is_sealed <= 1 &&
           record->is_http2 <= 1 && record->lost <= 3 &&
           record->data_bytes <= event->size_bytes - sizeof(*record) &&
           valid_end(record->error, record->cause, record->signal);
}

static bool check_lookup(const struct cs_event *event)
{
    const struct cs_event_lookup *record = (const struct cs_event_lookup *)event;

    return record->address_count <= CS_LOOKUP_ADDRESSES &&
           terminated(record->name, CS_LOOKUP_NAME_BYTES) &&
           terminated(record->process.comm, CS_COMM_BYTES) &&
           terminated(record->process.thread, CS_COMM_BYTES);
}

static bool check_name(const struct cs_event *event)
{
    const struct cs_event_name *record = (const struct cs_event_name *)event;

    return terminated(record->text, event->size_bytes - sizeof(*record));
}

static bool check_server_name(const struct cs_event *event)
{
    const struct cs_event_server_name *record = (const struct cs_event_server_name *)event;

    return terminated(record->name, sizeof(record->name));
}

static bool check_inner(const struct cs_event *event)
{
    const struct cs_event_inner *record = (const struct cs_event_inner *)event;

    return terminated(record->name, sizeof(record->name));
}

#define EXACTLY(type) .min_bytes = sizeof(type), .max_bytes = sizeof(type)
#define NAME                                                                                       \
    .min_bytes = sizeof(struct cs_event_name) + 8,                                                 \
    .max_bytes = sizeof(struct cs_event_name) + CS_PATH_BYTES + 8, .check = check_name

/* Append-only, as the kinds are. */
static const struct {
    size_t min_bytes;
    size_t max_bytes;
    bool (*check)(const struct cs_event *event); /* NULL: any value will do */
} kinds[] = {
    [CS_EVENT_CONNECTION] = {EXACTLY(struct cs_event_connection), .check = check_connection},
    [CS_EVENT_CHUNK] = {.min_bytes = sizeof(struct cs_event_chunk),
                        .max_bytes = CS_RECORD_MAX_BYTES,
                        .check = check_chunk},
    [CS_EVENT_BIND] = {EXACTLY(struct cs_event_bind), .check = check_bind},
    [CS_EVENT_HANDSHAKE] = {EXACTLY(struct cs_event_handshake)},
    [CS_EVENT_END] = {EXACTLY(struct cs_event_end), .check = check_end},
    [CS_EVENT_TICK] = {EXACTLY(struct cs_event_tick)},
    [CS_EVENT_EXECUTABLE] = {NAME},
    [CS_EVENT_CGROUP] = {NAME},
    [CS_EVENT_LIBRARY] = {NAME},
    /* Shorter on a tape from before the newest counters. */
    [CS_EVENT_LOSS] = {.min_bytes = sizeof(struct cs_event),
                       .max_bytes = sizeof(struct cs_event_loss)},
    [CS_EVENT_CLOCK] = {EXACTLY(struct cs_event_clock)},
    [CS_EVENT_SERVER_NAME] = {EXACTLY(struct cs_event_server_name), .check = check_server_name},
    [CS_EVENT_UPGRADE] = {EXACTLY(struct cs_event_upgrade)},
    [CS_EVENT_LOOKUP] = {EXACTLY(struct cs_event_lookup), .check = check_lookup},
    [CS_EVENT_DNS] = {.min_bytes = sizeof(struct cs_event_dns),
                      .max_bytes = CS_RECORD_MAX_BYTES,
                      .check = check_dns},
    [CS_EVENT_TLS_ERROR] = {EXACTLY(struct cs_event_tls_error)},
    [CS_EVENT_TURN] = {.min_bytes = sizeof(struct cs_event_turn),
                       .max_bytes = sizeof(struct cs_event_turn) + CS_TURN_BYTES,
                       .check = check_turn},
    [CS_EVENT_INNER] = {EXACTLY(struct cs_event_inner), .check = check_inner},
};

static_assert(ARRAY_LENGTH(kinds) == CS_EVENT_KIND_COUNT, "a row for every kind");
static_assert(sizeof(struct cs_event_name) + CS_PATH_BYTES + 8 <= CS_RECORD_MAX_BYTES,
              "the longest record is of DNS");

int cs_decode(const void *data, size_t length, const struct cs_event **event)
{
    const struct cs_event *record = data;
    size_t size;

    if (length < sizeof(*record) || (uintptr_t)data % RECORD_ALIGNMENT != 0)
        return -EPROTO;
    size = record->size_bytes;
    if (size > length || size % RECORD_ALIGNMENT != 0 || record->version != CS_EVENT_VERSION)
        return -EPROTO;
    if (record->kind >= CS_EVENT_KIND_COUNT || kinds[record->kind].max_bytes == 0)
        return -EPROTO;
    if (size < kinds[record->kind].min_bytes || size > kinds[record->kind].max_bytes)
        return -EPROTO;
    if (kinds[record->kind].check && !kinds[record->kind].check(record))
        return -EPROTO;
    *event = record;
    return 0;
}
