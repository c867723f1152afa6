/* SPDX-License-Identifier: MIT */
/*
 * "Add a PerformanceResourceTiming entry" and "fire a buffer full event". The standard's text
 * leaves the pending flag set where it gives up on the secondary buffer; then no event would ever
 * come again, so here it is cleared.
 */
#include "user/timeline/buffer.h"

static bool has_room(const struct cs_buffer *buffer)
{
    return buffer->entries.count < buffer->limit;
}

static void append(struct cs_buffer *buffer, struct cs_items *items, struct cs_item *item)
{
    if (cs_items_add(items, item))
        buffer->dropped++;
}

bool cs_buffer_add(struct cs_buffer *buffer, struct cs_item *item)
{
    bool news = !buffer->full_pending;

    if (has_room(buffer) && !buffer->full_pending) {
        append(buffer, &buffer->entries, item);
        return false;
    }
    buffer->full_pending = true;
    if (buffer->secondary.count < CS_SECONDARY_LIMIT)
        append(buffer, &buffer->secondary, item);
    else
        buffer->dropped++;
    return news;
}

static void copy_secondary(struct cs_buffer *buffer)
{
    size_t moved = 0;

    for (; moved < buffer->secondary.count && has_room(buffer); moved++)
        append(buffer, &buffer->entries, buffer->secondary.items[moved]);
    cs_items_shift(&buffer->secondary, moved);
}

void cs_buffer_make_room(struct cs_buffer *buffer, void (*fire)(void *context), void *context)
{
    while (buffer->secondary.count) {
        size_t before = buffer->secondary.count;

        if (!has_room(buffer))
            fire(context);
        copy_secondary(buffer);
        if (before <= buffer->secondary.count) {
            buffer->dropped += buffer->secondary.count;
            cs_items_clear(&buffer->secondary);
        }
    }
    buffer->full_pending = false;
}

void cs_buffer_free(struct cs_buffer *buffer)
{
    cs_items_free(&buffer->entries);
    cs_items_free(&buffer->secondary);
}
