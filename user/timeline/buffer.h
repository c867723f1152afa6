/* SPDX-License-Identifier: MIT */
/*
 * The resource timing buffer and its secondary buffer, as W3C Resource Timing, section 4.4, has
 * them. Pure: who fires the event, and when, is the timeline's.
 */
#pragma once

#include "user/timeline/items.h"

enum { CS_BUFFER_LIMIT = 250, CS_SECONDARY_LIMIT = 65536 };

struct cs_buffer {
    struct cs_items entries;
    struct cs_items secondary; /* found no room; wait for the event to be handled */
    size_t limit;
    bool full_pending; /* the event is on its way */
    uint64_t dropped;
};

/* True: a full event is to be queued, which was not before. What cannot be kept is dropped. */
bool cs_buffer_add(struct cs_buffer *buffer, struct cs_item *item);

/*
 * Handles the event: fire() is called as long as there is no room and it makes some; what it makes
 * none for is dropped.
 */
void cs_buffer_make_room(struct cs_buffer *buffer, void (*fire)(void *context), void *context);

void cs_buffer_free(struct cs_buffer *buffer);
