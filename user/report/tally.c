/* SPDX-License-Identifier: MIT */
/* A linear search: there are a dozen names. The last one found is looked at first. */
#include "user/report/tally.h"

#include <stdlib.h>
#include <string.h>

void cs_tally_add(struct cs_tally *tally, const char *name, uint64_t count)
{
    struct cs_tally_item *item = tally->items, *end = item + tally->used;

    while (item < end && strncmp(item->name, name, CS_TALLY_NAME_BYTES - 1) != 0)
        item++;
    if (item == tally->items + CS_TALLY_ROOM) {
        tally->others += count;
        return;
    }
    if (item == end) {
        size_t length = strnlen(name, CS_TALLY_NAME_BYTES - 1);

        memcpy(item->name, name, length);
        item->name[length] = '\0';
        tally->used++;
    }
    item->count += count;
}

static int by_count(const void *a, const void *b)
{
    const struct cs_tally_item *one = a, *other = b;

    if (one->count != other->count)
        return one->count < other->count ? 1 : -1;
    return strcmp(one->name, other->name);
}

void cs_tally_sort(struct cs_tally *tally)
{
    qsort(tally->items, tally->used, sizeof(tally->items[0]), by_count);
}

uint64_t cs_tally_total(const struct cs_tally *tally)
{
    uint64_t total = tally->others;

    for (size_t i = 0; i < tally->used; i++)
        total += tally->items[i].count;
    return total;
}
