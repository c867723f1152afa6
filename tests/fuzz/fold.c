/* SPDX-License-Identifier: MIT */
/*
 * Any sequence of records that decode lets through must fold to entries without harm. The input is
 * a list of a kind, an id out of a few, a step in time, and bytes for the record's own fields.
 */
#include <assert.h>
#include <string.h>

#include "tests/harness/events.h"
#include "user/entry/entry.h"
#include "user/feed/decode.h"
#include "user/fold/fold.h"

enum { PROLOGUE_BYTES = 4, IDS = 8, MAX_PENDING = 4 };

static const size_t sizes[CS_EVENT_KIND_COUNT] = {
    [CS_EVENT_CONNECTION] = sizeof(struct cs_event_connection),
    [CS_EVENT_CHUNK] = sizeof(struct cs_event_chunk) + 256,
    [CS_EVENT_BIND] = sizeof(struct cs_event_bind),
    [CS_EVENT_HANDSHAKE] = sizeof(struct cs_event_handshake),
    [CS_EVENT_END] = sizeof(struct cs_event_end),
    [CS_EVENT_TICK] = sizeof(struct cs_event_tick),
    [CS_EVENT_EXECUTABLE] = sizeof(struct cs_event_name) + 32,
    [CS_EVENT_CGROUP] = sizeof(struct cs_event_name) + 32,
    [CS_EVENT_LIBRARY] = sizeof(struct cs_event_name) + 32,
    [CS_EVENT_LOSS] = sizeof(struct cs_event_loss),
    [CS_EVENT_CLOCK] = sizeof(struct cs_event_clock),
    [CS_EVENT_SERVER_NAME] = sizeof(struct cs_event_server_name),
    [CS_EVENT_UPGRADE] = sizeof(struct cs_event_upgrade),
    [CS_EVENT_DNS] = sizeof(struct cs_event_dns) + 256,
    [CS_EVENT_TLS_ERROR] = sizeof(struct cs_event_tls_error),
    [CS_EVENT_TURN] = sizeof(struct cs_event_turn) + 256,
    [CS_EVENT_LOOKUP] = sizeof(struct cs_event_lookup),
    [CS_EVENT_INNER] = sizeof(struct cs_event_inner),
};

static_assert(CS_EVENT_INNER + 1 == CS_EVENT_KIND_COUNT, "the newest kind has its size above");

static void on_record(void *context, const struct cs_record *record)
{
    static const struct cs_origin origin = {1, 1, 1};
    struct cs_entry_text text;
    struct connspan_entry entry;
    volatile size_t touched;

    (void)context;
    cs_entry_build(record, &origin, &text, &entry);
    touched = strlen(entry.name) + strlen(entry.process.comm) + strlen(entry.next_hop_protocol);
    (void)touched;
}

/* Builds the next record into `event` and returns how much of the input it took. */
static size_t next_record(const uint8_t *data, size_t size, uint64_t now_ns, struct cs_event *event)
{
    uint16_t kind = 1 + data[0] % (CS_EVENT_KIND_COUNT - 1);
    size_t body = sizes[kind] - sizeof(*event);
    size_t given = size - PROLOGUE_BYTES < body ? size - PROLOGUE_BYTES : body;

    memset(event, 0, sizes[kind]);
    memcpy(event + 1, data + PROLOGUE_BYTES, given);
    *event = (struct cs_event){
        .ts_ns = now_ns,
        .conn_id = data[1] % IDS,
        .size_bytes = (uint32_t)sizes[kind],
        .kind = kind,
        .version = CS_EVENT_VERSION,
    };
    return PROLOGUE_BYTES + given;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cs_fold_options options = {.on_record = on_record, .max_pending = MAX_PENDING};
    struct cs_fold *fold = cs_fold_new(&options);
    uint64_t now_ns = EV_START;
    union ev_chunk room;
    const struct cs_event *event;

    while (size > PROLOGUE_BYTES) {
        size_t taken;

        now_ns += (uint64_t)data[2] << (data[3] % 40);
        taken = next_record(data, size, now_ns, &room.event);
        data += taken;
        size -= taken;
        if (!cs_decode(&room, sizeof(room), &event))
            cs_fold_event(fold, event);
    }
    cs_fold_finish(fold, now_ns);
    cs_fold_free(fold);
    return 0;
}
