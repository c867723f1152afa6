/* SPDX-License-Identifier: MIT */
/* Copies an entry by tables of its strings; tests/check/members.py holds them against entry.h. */
#include "user/timeline/item.h"

#include <stdlib.h>
#include <string.h>

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define AT(member)          offsetof(struct connspan_entry, member)

static const size_t texts[] = {
    AT(name),
    AT(next_hop_protocol),
    AT(connection.error.phase),
    AT(connection.error.code),
    AT(connection.error.detail),
    AT(connection.local_address),
    AT(connection.remote_address),
    AT(connection.family),
    AT(connection.start_source),
    AT(process.comm),
    AT(process.thread),
    AT(process.exe),
    AT(process.cgroup),
    AT(process.container_id),
    AT(tls.version),
    AT(tls.cipher),
    AT(tls.alpn),
    AT(tls.server_name),
    AT(tls.library),
    AT(tls.start_source),
    AT(tls.end_source),
    AT(tls.bound_by),
    AT(proxy.kind),
    AT(proxy.target),
    AT(proxy.server_name),
    AT(request.method),
    AT(request.content_type),
    AT(request.content_encoding),
};

static const struct {
    size_t texts;
    size_t count;
} lists[] = {
    {AT(connection.flags), AT(connection.flag_count)},
    {AT(tls.alpn_offered), AT(tls.alpn_offered_count)},
};

static const char **text_of(struct connspan_entry *entry, size_t i)
{
    return (const char **)((char *)entry + texts[i]);
}

static const char *const **list_of(struct connspan_entry *entry, size_t i)
{
    return (const char *const **)((char *)entry + lists[i].texts);
}

static size_t count_of(const struct connspan_entry *entry, size_t i)
{
    return *(const size_t *)((const char *)entry + lists[i].count);
}

/* Pointers to strings first, which keeps them aligned, then the strings. */
struct room {
    size_t pointers;
    size_t bytes;
};

static struct room measure(struct connspan_entry *entry)
{
    struct room room = {0};

    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        room.bytes += *text_of(entry, i) ? strlen(*text_of(entry, i)) + 1 : 0;
    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++) {
        room.pointers += count_of(entry, i);
        for (size_t j = 0; j < count_of(entry, i); j++)
            room.bytes += strlen((*list_of(entry, i))[j]) + 1;
    }
    return room;
}

static const char *put_text(char **at, const char *text)
{
    size_t bytes = text ? strlen(text) + 1 : 0;
    char *copy = *at;

    if (!text)
        return NULL;
    memcpy(copy, text, bytes);
    *at += bytes;
    return copy;
}

static void move_in(struct connspan_entry *entry, const char **pointers, char *bytes)
{
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        *text_of(entry, i) = put_text(&bytes, *text_of(entry, i));
    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++) {
        for (size_t j = 0; j < count_of(entry, i); j++)
            pointers[j] = put_text(&bytes, (*list_of(entry, i))[j]);
        *list_of(entry, i) = pointers;
        pointers += count_of(entry, i);
    }
}

struct cs_item *cs_item_new(const struct connspan_entry *entry)
{
    struct connspan_entry known = {0}; /* the caller's may be of an older library */
    size_t size = entry->size < sizeof(known) ? entry->size : sizeof(known);
    struct cs_item *item;
    struct room room;

    memcpy(&known, entry, size);
    known.size = sizeof(known);
    room = measure(&known);
    item = malloc(sizeof(*item) + room.pointers * sizeof(char *) + room.bytes);
    if (!item)
        return NULL;
    item->holders = 1;
    item->entry = known;
    move_in(&item->entry, (const char **)(item + 1),
            (char *)(item + 1) + room.pointers * sizeof(char *));
    return item;
}

struct cs_item *cs_item_hold(struct cs_item *item)
{
    __atomic_add_fetch(&item->holders, 1, __ATOMIC_RELAXED);
    return item;
}

void cs_item_drop(struct cs_item *item)
{
    if (item && __atomic_sub_fetch(&item->holders, 1, __ATOMIC_ACQ_REL) == 0)
        free(item);
}

struct cs_item *cs_item_of(const struct connspan_entry *entry)
{
    return (struct cs_item *)((char *)entry - offsetof(struct cs_item, entry));
}

const char *connspan_entry_type(const struct connspan_entry *entry)
{
    (void)entry;
    return "resource";
}

struct connspan_entry *connspan_entry_copy(const struct connspan_entry *entry)
{
    struct cs_item *item = cs_item_new(entry);

    return item ? &item->entry : NULL;
}

void connspan_entry_free(struct connspan_entry *copy)
{
    if (copy)
        cs_item_drop(cs_item_of(copy));
}
