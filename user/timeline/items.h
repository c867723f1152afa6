/* SPDX-License-Identifier: MIT */
/* A growing row of items, each held: what buffers of entries are made of. All zero is empty. */
#pragma once

#include "user/timeline/item.h"

struct cs_items {
    struct cs_item **items;
    size_t count;
    size_t room;
};

int cs_items_add(struct cs_items *items, struct cs_item *item); /* holds it; 0 or -ENOMEM */
/* Removes the first `count`. */
void cs_items_shift(struct cs_items *items, size_t count);
void cs_items_clear(struct cs_items *items);
void cs_items_free(struct cs_items *items);

/* NULL: any. Exact, case-sensitive. */
struct cs_query {
    const char *name;
    const char *type;
};

/* What matches, in order of startTime, as a list for the caller. 0 or -ENOMEM. */
int cs_items_list(const struct cs_items *items, const struct cs_query *query,
                  struct connspan_entry_list **list);
