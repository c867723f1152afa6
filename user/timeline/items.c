/* SPDX-License-Identifier: MIT */
/* Rows of items, and the lists that are made of them. */
#include "user/timeline/items.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int cs_items_add(struct cs_items *items, struct cs_item *item)
{
    if (items->count == items->room) {
        size_t room = items->room ? 2 * items->room : 16;
        struct cs_item **more = realloc(items->items, room * sizeof(struct cs_item *));

        if (!more)
            return -ENOMEM;
        items->items = more;
        items->room = room;
    }
    items->items[items->count++] = cs_item_hold(item);
    return 0;
}

void cs_items_shift(struct cs_items *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cs_item_drop(items->items[i]);
    items->count -= count;
    if (items->count)
        memmove(items->items, items->items + count, items->count * sizeof(struct cs_item *));
}

void cs_items_clear(struct cs_items *items)
{
    cs_items_shift(items, items->count);
}

void cs_items_free(struct cs_items *items)
{
    cs_items_clear(items);
    free(items->items);
    *items = (struct cs_items){0};
}

static bool matches(const struct connspan_entry *entry, const struct cs_query *query)
{
    if (query->type && strcmp(connspan_entry_type(entry), query->type) != 0)
        return false;
    return !query->name || !strcmp(entry->name, query->name);
}

/* Ties, of one program's race for one, stand in the order in which they were completed. */
static int compare(const void *left, const void *right)
{
    const struct connspan_entry *a = *(const struct connspan_entry *const *)left;
    const struct connspan_entry *b = *(const struct connspan_entry *const *)right;

    if (a->start_time != b->start_time)
        return a->start_time < b->start_time ? -1 : 1;
    return (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

static struct connspan_entry_list *new_list(size_t room)
{
    struct connspan_entry_list *list = calloc(1, sizeof(*list) + room * sizeof(*list->entries));

    if (list)
        list->entries = (const void *)(list + 1);
    return list;
}

static void append(struct connspan_entry_list *list, const struct connspan_entry *entry)
{
    ((const struct connspan_entry **)list->entries)[list->count++] = entry;
    cs_item_hold(cs_item_of(entry));
}

int cs_items_list(const struct cs_items *items, const struct cs_query *query,
                  struct connspan_entry_list **out)
{
    struct connspan_entry_list *list = new_list(items->count);

    if (!list)
        return -ENOMEM;
    for (size_t i = 0; i < items->count; i++) {
        if (matches(&items->items[i]->entry, query))
            append(list, &items->items[i]->entry);
    }
    qsort((void *)list->entries, list->count, sizeof(*list->entries), compare);
    *out = list;
    return 0;
}

static int list_of(const struct connspan_entry_list *from, const struct cs_query *query,
                   struct connspan_entry_list **out)
{
    struct connspan_entry_list *list = new_list(from->count);

    if (!list)
        return -ENOMEM;
    for (size_t i = 0; i < from->count; i++) {
        if (matches(from->entries[i], query))
            append(list, from->entries[i]);
    }
    *out = list;
    return 0;
}

int connspan_entry_list_by_type(const struct connspan_entry_list *list, const char *type,
                                struct connspan_entry_list **found)
{
    return list_of(list, &(struct cs_query){.type = type}, found);
}

int connspan_entry_list_by_name(const struct connspan_entry_list *list, const char *name,
                                const char *type, struct connspan_entry_list **found)
{
    return list_of(list, &(struct cs_query){.name = name, .type = type}, found);
}

void connspan_entry_list_free(struct connspan_entry_list *list)
{
    for (size_t i = 0; list && i < list->count; i++)
        cs_item_drop(cs_item_of(list->entries[i]));
    free(list);
}
