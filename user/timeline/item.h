/* SPDX-License-Identifier: MIT */
/* An entry that outlives its callback: one block with all its strings, never changed, counted. */
#pragma once

#include <connspan/entry.h>

struct cs_item {
    unsigned holders; /* atomic: lists are freed by any thread */
    struct connspan_entry entry;
};

struct cs_item *cs_item_new(const struct connspan_entry *entry); /* NULL: out of memory */
struct cs_item *cs_item_hold(struct cs_item *item);              /* once more; returns it */
void cs_item_drop(struct cs_item *item); /* the last one frees; NULL is fine */

/* The item that an entry handed out by this room is part of. */
struct cs_item *cs_item_of(const struct connspan_entry *entry);
