/* SPDX-License-Identifier: MIT */
/* One function per kind; bytes go to the handshake, or are held until it is known to be one. */
#include "user/fold/arrival.h"

#include <stdlib.h>
#include <string.h>

#include "user/fold/inner.h"

static void store_chunk(struct cs_pending *pending, const struct cs_event *at)
{
    const struct cs_event_chunk *chunk = (const void *)at;

    if (pending->handshake)
        cs_prelude_feed(&pending->prelude, pending->handshake, chunk);
    else if (pending->connection.reason == CS_REASON_PREAMBLE)
        cs_prelude_add(&pending->prelude, chunk);
    else
        cs_prelude_hold(&pending->prelude, chunk);
}

static void store_upgrade(struct cs_pending *pending, const struct cs_event *at)
{
    const struct cs_event_upgrade *upgrade = (const void *)at;

    for (int direction = 0; !pending->handshake && direction < CS_DIRECTION_COUNT; direction++)
        pending->prelude.tls_at[direction] = upgrade->offset[direction];
}

static void store_bind(struct cs_pending *pending, const struct cs_event *at)
{
    pending->bind = *(const struct cs_event_bind *)at;
}

static void store_success(struct cs_pending *pending, const struct cs_event *at)
{
    const struct cs_event_handshake *success = (const void *)at;

    *cs_inner_success_slot(pending, success) = *success;
}

static void store_inner(struct cs_pending *pending, const struct cs_event *at)
{
    pending->inner = *(const struct cs_event_inner *)at;
}

static void store_server_name(struct cs_pending *pending, const struct cs_event *at)
{
    free(pending->server_name);
    pending->server_name = strdup(((const struct cs_event_server_name *)at)->name);
}

static void (*const stores[CS_EVENT_KIND_COUNT])(struct cs_pending *, const struct cs_event *) = {
    [CS_EVENT_CHUNK] = store_chunk, [CS_EVENT_UPGRADE] = store_upgrade,
    [CS_EVENT_BIND] = store_bind,   [CS_EVENT_HANDSHAKE] = store_success,
    [CS_EVENT_INNER] = store_inner, [CS_EVENT_SERVER_NAME] = store_server_name,
};

void cs_arrival_store(struct cs_pending *pending, const struct cs_event *event)
{
    if (event->kind < CS_EVENT_KIND_COUNT && stores[event->kind])
        stores[event->kind](pending, event);
}
