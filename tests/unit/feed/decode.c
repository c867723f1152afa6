/* SPDX-License-Identifier: MIT */
/* One well-formed record of each kind passes; one wrong byte at a time does not. */
#include "user/feed/decode.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/dns_build.h"
#include "tests/harness/events.h"

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

union any {
    struct cs_event event;
    struct cs_event_connection connection;
    struct cs_event_bind bind;
    struct cs_event_handshake handshake;
    struct cs_event_end end;
    struct cs_event_lookup lookup;
    struct cs_event_tick tick;
    struct cs_event_loss loss;
    struct cs_event_clock clock;
    struct cs_event_server_name server_name;
    struct cs_event_upgrade upgrade;
    struct cs_event_tls_error tls_error;
    struct cs_event_inner inner;
    union ev_chunk chunk;
    union ev_name name;
    union ev_dns dns;
    union ev_turn turn;
    unsigned char bytes[CS_RECORD_MAX_BYTES];
};

static struct cs_event header(enum cs_event_kind kind, size_t size)
{
    return (struct cs_event){.size_bytes = (__u32)size, .kind = kind, .version = CS_EVENT_VERSION};
}

static union any sample(enum cs_event_kind kind)
{
    switch (kind) {
    case CS_EVENT_CONNECTION:
        return (union any){.connection = ev_connection(1, S, CS_REASON_PAYLOAD)};
    case CS_EVENT_CHUNK:
        return (union any){.chunk = ev_payload(1, S, "sixteen bytes...")};
    case CS_EVENT_BIND:
        return (union any){.bind = ev_bind(1, S, S)};
    case CS_EVENT_HANDSHAKE:
        return (union any){.handshake = ev_handshake(1, S)};
    case CS_EVENT_END:
        return (union any){.end = ev_end(1, S, CS_CAUSE_PEER)};
    case CS_EVENT_TICK:
        return (union any){.tick = ev_tick(S)};
    case CS_EVENT_LOSS:
        return (union any){.loss.event = header(kind, sizeof(struct cs_event_loss))};
    case CS_EVENT_UPGRADE:
        return (union any){.upgrade = ev_upgrade(1, S, 20, 10)};
    case CS_EVENT_TLS_ERROR:
        return (union any){.tls_error = ev_tls_error(1, S, 134)};
    case CS_EVENT_INNER:
        return (union any){.inner = ev_inner(1, S, S, "shop.example")};
    case CS_EVENT_CLOCK:
        return (union any){.clock.event = header(kind, sizeof(struct cs_event_clock))};
    case CS_EVENT_SERVER_NAME:
        return (union any){.server_name = ev_server_name(1, S, "shop.example")};
    case CS_EVENT_DNS:
        return (union any){.dns = ev_query(S, dns_query(7, CS_DNS_A, "shop.example"))};
    case CS_EVENT_TURN:
        return (union any){.turn = ev_turn(1, S, CS_TURN_BEGIN, "GET / HTTP/1.1\r\n\r\n")};
    case CS_EVENT_LOOKUP:
        return (union any){.lookup = ev_lookup(S, 2 * S, "shop.example", "192.0.2.1", 0)};
    default:
        return (union any){.name = ev_name(kind, 7, "/usr/bin/curl")};
    }
}

static int decode(const union any *record, size_t length)
{
    const struct cs_event *event = NULL;
    int error = cs_decode(record->bytes, length, &event);

    if (error)
        cr_assert_null(event, "out-parameter written on refusal");
    else
        cr_assert_eq((const void *)event, (const void *)record);
    return error;
}

Test(decode, passes_a_record_of_each_kind)
{
    for (int kind = CS_EVENT_CONNECTION; kind < CS_EVENT_KIND_COUNT; kind++) {
        union any record = sample((enum cs_event_kind)kind);

        cr_expect_eq(decode(&record, record.event.size_bytes), 0, "kind %d", kind);
        cr_expect_eq(decode(&record, sizeof(record)), 0, "kind %d, with more behind it", kind);
    }
}

Test(decode, refuses_every_kind_cut_short)
{
    for (int kind = CS_EVENT_CONNECTION; kind < CS_EVENT_KIND_COUNT; kind++) {
        union any record = sample((enum cs_event_kind)kind);
        size_t size = record.event.size_bytes;

        for (size_t length = 0; length < size; length++)
            cr_expect_eq(decode(&record, length), -EPROTO, "kind %d, %zu bytes", kind, length);
    }
}

Test(decode, refuses_sizes_that_no_record_of_the_kind_has)
{
    for (int kind = CS_EVENT_CONNECTION; kind < CS_EVENT_KIND_COUNT; kind++) {
        static const int wrong[] = {0, 8, 16, -1, +4, CS_RECORD_MAX_BYTES + 8};

        for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
            union any record = sample((enum cs_event_kind)kind);

            record.event.size_bytes =
                i < 3 ? (__u32)wrong[i] : record.event.size_bytes + (__u32)wrong[i];
            cr_expect_eq(decode(&record, sizeof(record)), -EPROTO, "kind %d, size %u", kind,
                         record.event.size_bytes);
        }
    }
}

Test(decode, refuses_records_that_are_misaligned)
{
    _Alignas(8) unsigned char room[sizeof(union any) + 8];
    union any record = sample(CS_EVENT_TICK);
    const struct cs_event *event;

    for (size_t shift = 1; shift < 8; shift++) {
        memcpy(room + shift, &record, sizeof(record));
        cr_expect_eq(cs_decode(room + shift, sizeof(record), &event), -EPROTO, "by %zu", shift);
    }
}

/* The field at `offset` gets `value`. */
struct row {
    const char *name;
    enum cs_event_kind kind;
    size_t offset;
    size_t bytes;
    __u32 value;
};

#define ROW(name, kind, type, field, value)                                                        \
    {                                                                                              \
        name, kind, offsetof(struct type, field), sizeof(((struct type *)0)->field), value         \
    }

static const struct row refusals[] = {
    ROW("DNS direction", CS_EVENT_DNS, cs_event_dns, direction, CS_DIRECTION_COUNT),
    ROW("DNS flags", CS_EVENT_DNS, cs_event_dns, flags, CS_DNS_FLAGS_END),
    ROW("DNS bytes beyond the record", CS_EVENT_DNS, cs_event_dns, data_bytes, 33),
    ROW("addresses", CS_EVENT_LOOKUP, cs_event_lookup, address_count, CS_LOOKUP_ADDRESSES + 1),
    ROW("version 0", CS_EVENT_TICK, cs_event, version, 0),
    ROW("version 2", CS_EVENT_TICK, cs_event, version, CS_EVENT_VERSION + 1),
    ROW("kind 0", CS_EVENT_TICK, cs_event, kind, 0),
    ROW("kind of tomorrow", CS_EVENT_TICK, cs_event, kind, CS_EVENT_KIND_COUNT),
    ROW("kind 65535", CS_EVENT_TICK, cs_event, kind, 0xffff),
    ROW("another kind's size", CS_EVENT_TICK, cs_event, kind, CS_EVENT_BIND),
    ROW("reason 0", CS_EVENT_CONNECTION, cs_event_connection, reason, 0),
    ROW("reason", CS_EVENT_CONNECTION, cs_event_connection, reason, CS_REASON_COUNT),
    ROW("cause", CS_EVENT_CONNECTION, cs_event_connection, cause, CS_CAUSE_COUNT),
    ROW("signal", CS_EVENT_CONNECTION, cs_event_connection, signal, 65),
    ROW("negative errno", CS_EVENT_CONNECTION, cs_event_connection, error, (__u32)-1),
    ROW("errno", CS_EVENT_CONNECTION, cs_event_connection, error, 4096),
    ROW("role", CS_EVENT_CONNECTION, cs_event_connection, facts.role, CS_ROLE_COUNT),
    ROW("start", CS_EVENT_CONNECTION, cs_event_connection, facts.start_source, CS_START_COUNT),
    ROW("family", CS_EVENT_CONNECTION, cs_event_connection, facts.family, 1),
    ROW("direction", CS_EVENT_CHUNK, cs_event_chunk, direction, CS_DIRECTION_COUNT),
    ROW("data past the end", CS_EVENT_CHUNK, cs_event_chunk, data_bytes, 17),
    ROW("much data", CS_EVENT_CHUNK, cs_event_chunk, data_bytes, 0xffff),
    ROW("bound by", CS_EVENT_BIND, cs_event_bind, bound_by, CS_BOUND_COUNT),
    ROW("bind's flags", CS_EVENT_BIND, cs_event_bind, flags, CS_BIND_FLAGS + 1),
    ROW("cause", CS_EVENT_END, cs_event_end, cause, CS_CAUSE_COUNT),
    ROW("signal", CS_EVENT_END, cs_event_end, signal, 200),
    ROW("errno", CS_EVENT_END, cs_event_end, error, 1u << 31),
    ROW("news", CS_EVENT_TURN, cs_event_turn, news, 0),
    ROW("news", CS_EVENT_TURN, cs_event_turn, news, CS_TURN_NEWS_COUNT),
    ROW("turn's direction", CS_EVENT_TURN, cs_event_turn, direction, CS_DIRECTION_COUNT),
    ROW("turn's length", CS_EVENT_TURN, cs_event_turn, data_bytes, 1025),
    ROW("turn's cause", CS_EVENT_TURN, cs_event_turn, cause, CS_CAUSE_COUNT),
    ROW("sealed", CS_EVENT_TURN, cs_event_turn, is_sealed, 2),
    ROW("lost directions", CS_EVENT_TURN, cs_event_turn, lost, 4),
};

Test(decode, refuses_values_out_of_range)
{
    for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++) {
        const struct row *row = &refusals[i];
        union any record = sample(row->kind);

        memcpy(record.bytes + row->offset, &row->value, row->bytes);
        cr_expect_eq(decode(&record, sizeof(record)), -EPROTO, "kind %d: %s", row->kind, row->name);
    }
}

Test(decode, refuses_text_without_an_end)
{
    union any record = sample(CS_EVENT_CONNECTION);

    memset(record.connection.facts.process.comm, 'x', CS_COMM_BYTES);
    cr_expect_eq(decode(&record, sizeof(record)), -EPROTO, "comm");
    record = sample(CS_EVENT_CONNECTION);
    memset(record.connection.facts.process.thread, 'x', CS_COMM_BYTES);
    cr_expect_eq(decode(&record, sizeof(record)), -EPROTO, "thread");
    record = sample(CS_EVENT_SERVER_NAME);
    memset(record.server_name.name, 'x', CS_SERVER_NAME_BYTES);
    cr_expect_eq(decode(&record, sizeof(record)), -EPROTO, "server name");
    record = sample(CS_EVENT_LOOKUP);
    memset(record.lookup.name, 'x', CS_LOOKUP_NAME_BYTES);
    cr_expect_eq(decode(&record, sizeof(record)), -EPROTO, "name that was looked up");
    for (int kind = CS_EVENT_EXECUTABLE; kind <= CS_EVENT_LIBRARY; kind++) {
        record = sample((enum cs_event_kind)kind);
        memset(record.name.name.text, 'x', 16);
        cr_expect_eq(decode(&record, sizeof(record)), -EPROTO, "kind %d", kind);
    }
}

Test(decode, takes_the_shorter_losses_of_an_old_tape)
{
    union any record = sample(CS_EVENT_LOSS);

    for (size_t count = 0; count <= CS_LOSS_COUNT; count++) {
        record.event.size_bytes = (__u32)(sizeof(struct cs_event) + count * sizeof(__u64));
        cr_expect_eq(decode(&record, record.event.size_bytes), 0, "%zu counters", count);
    }
}

Test(decode, survives_any_byte)
{
    srandom(1);
    for (int turn = 0; turn < 200000; turn++) {
        union any record = sample((enum cs_event_kind)(1 + turn % (CS_EVENT_KIND_COUNT - 1)));
        size_t length = record.event.size_bytes;
        unsigned char *copy = malloc(length); /* of its exact size, for ASan */
        const struct cs_event *event;

        memcpy(copy, &record, length);
        for (int i = 0; i < 3; i++)
            copy[(size_t)random() % length] = (unsigned char)random();
        if (cs_decode(copy, length, &event) == 0)
            cr_assert_leq(event->size_bytes, length);
        free(copy);
    }
}
