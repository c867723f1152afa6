/* SPDX-License-Identifier: MIT */
/* Held chunks are copies, because an event lives no longer than its call. */
#include "user/fold/prelude.h"

#include <stdlib.h>
#include <string.h>

struct cs_held_chunk {
    struct cs_held_chunk *next;
    struct cs_event_chunk chunk;
};

void cs_prelude_hold(struct cs_prelude *prelude, const struct cs_event_chunk *chunk)
{
    struct cs_held_chunk *held;

    if (prelude->held_bytes + chunk->data_bytes > CS_PRELUDE_HOLD_BYTES)
        return;
    held = malloc(sizeof(*held) + chunk->data_bytes);
    if (!held)
        return;
    held->next = NULL;
    memcpy(&held->chunk, chunk, sizeof(*chunk) + chunk->data_bytes);
    if (prelude->last)
        prelude->last->next = held;
    else
        prelude->held = held;
    prelude->last = held;
    prelude->held_bytes += chunk->data_bytes;
}

static void let_go(struct cs_prelude *prelude)
{
    struct cs_held_chunk *held;

    while ((held = prelude->held)) {
        prelude->held = held->next;
        explicit_bzero(held->chunk.data, held->chunk.data_bytes);
        free(held);
    }
    prelude->last = NULL;
    prelude->held_bytes = 0;
}

void cs_prelude_begin(struct cs_prelude *prelude)
{
    if (prelude->dialogue)
        return;
    prelude->dialogue = cs_preamble_new();
    for (struct cs_held_chunk *held = prelude->held; held && prelude->dialogue; held = held->next)
        cs_preamble_add(prelude->dialogue, &held->chunk);
}

void cs_prelude_add(struct cs_prelude *prelude, const struct cs_event_chunk *chunk)
{
    if (prelude->dialogue)
        cs_preamble_add(prelude->dialogue, chunk);
    if (chunk->direction == CS_FROM_CLIENT)
        cs_prelude_hold(prelude, chunk);
}

void cs_prelude_feed(const struct cs_prelude *prelude, struct cs_handshake *handshake,
                     const struct cs_event_chunk *chunk)
{
    __u32 offset = chunk->offset - prelude->tls_at[chunk->direction];
    __u32 before = (__s32)offset < 0 ? -offset : 0; /* bytes of it that are no TLS */
    _Alignas(struct cs_event_chunk) __u8 room[sizeof(*chunk) + CS_CHUNK_MAX_BYTES];
    struct cs_event_chunk *moved = (void *)room;

    if (before >= chunk->data_bytes)
        return;
    if (!prelude->tls_at[chunk->direction] || chunk->data_bytes > CS_CHUNK_MAX_BYTES) {
        cs_handshake_chunk(handshake, chunk);
        return;
    }
    *moved = *chunk;
    moved->offset = offset + before;
    moved->data_bytes -= before;
    memcpy(moved->data, chunk->data + before, moved->data_bytes);
    cs_handshake_chunk(handshake, moved);
    explicit_bzero(moved->data, moved->data_bytes);
}

void cs_prelude_give(struct cs_prelude *prelude, struct cs_handshake *handshake)
{
    for (const struct cs_held_chunk *held = prelude->held; held; held = held->next)
        cs_prelude_feed(prelude, handshake, &held->chunk);
    let_go(prelude);
}

const struct cs_preamble_facts *cs_prelude_tunnel(const struct cs_prelude *prelude)
{
    const struct cs_preamble_facts *facts;

    facts = prelude->dialogue ? cs_preamble_facts(prelude->dialogue) : NULL;
    return facts && facts->kind != CS_TUNNEL_NONE ? facts : NULL;
}

bool cs_prelude_is_plain(const struct cs_prelude *prelude)
{
    return prelude->dialogue && cs_preamble_facts(prelude->dialogue)->state == CS_PREAMBLE_PLAIN;
}

static void tell_refused(const struct cs_preamble_facts *tunnel, struct cs_record *record)
{
    record->outcome = CONNSPAN_FAILED;
    record->done_ns = record->failed_ns = tunnel->refused_ns;
    record->error_phase = "proxy";
    record->error_code = tunnel->error_code;
    record->error_detail = tunnel->error_detail[0] ? tunnel->error_detail : NULL;
}

void cs_prelude_tell(const struct cs_prelude *prelude, const struct cs_ending *ending,
                     struct cs_record *record)
{
    const struct cs_preamble_facts *tunnel = cs_prelude_tunnel(prelude);

    record->tunnel = tunnel;
    if (!tunnel)
        return;
    if (tunnel->opened_ns)
        record->done_ns = tunnel->opened_ns;
    else if (tunnel->state == CS_PREAMBLE_REFUSED)
        tell_refused(tunnel, record);
    else if (ending) /* asked, and never answered */
        cs_ending_tell(ending, "proxy", record);
}

void cs_prelude_free(struct cs_prelude *prelude)
{
    let_go(prelude);
    cs_preamble_free(prelude->dialogue);
}
