/* SPDX-License-Identifier: MIT */
/* Lists are short: an HTTP/1 connection has one open exchange, one of HTTP/2 some dozens. */
#include "user/http/slot.h"

#include <stdlib.h>
#include <string.h>

static void append(struct cs_http_slot **list, struct cs_http_slot *slot)
{
    while (*list)
        list = &(*list)->next;
    slot->next = NULL;
    *list = slot;
}

struct cs_http_slot *cs_http_slot_open(struct cs_http_slots *slots)
{
    struct cs_http_slot *slot = calloc(1, sizeof(*slot));

    if (!slot)
        return NULL;
    append(&slots->open, slot);
    slots->open_count++;
    return slot;
}

void cs_http_slot_done(struct cs_http_slots *slots, struct cs_http_slot *slot)
{
    struct cs_http_slot **link = &slots->open;

    while (*link != slot)
        link = &(*link)->next;
    *link = slot->next;
    slots->open_count--;
    if (slot->exchange.flags & CS_HTTP_LOST) /* a part of it is no size */
        slot->exchange.body_bytes = CS_HTTP_UNKNOWN_BYTES;
    append(&slots->done, slot);
}

void cs_http_slots_done(struct cs_http_slots *slots, uint32_t flags)
{
    while (slots->open) {
        slots->open->exchange.flags |= flags;
        cs_http_slot_done(slots, slots->open);
    }
}

static void drop_first(struct cs_http_slot **list)
{
    struct cs_http_slot *slot = *list;

    *list = slot->next;
    explicit_bzero(slot, sizeof(*slot));
    free(slot);
}

bool cs_http_slots_take(struct cs_http_slots *slots, struct cs_http_exchange *exchange)
{
    if (!slots->done)
        return false;
    *exchange = slots->done->exchange;
    drop_first(&slots->done);
    return true;
}

void cs_http_slots_wipe(struct cs_http_slots *slots)
{
    while (slots->open)
        drop_first(&slots->open);
    while (slots->done)
        drop_first(&slots->done);
    slots->open_count = 0;
}
