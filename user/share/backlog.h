/* SPDX-License-Identifier: MIT */
/*
 * The newest entries, once for all observers: each has a place in it, so that a hundred slow ones
 * cost no more memory than one. A line's number never changes.
 */
#pragma once

#include "user/base/map.h"
#include "user/share/line.h"

struct cs_backlog {
    struct cs_entry_line **lines; /* a ring */
    uint64_t first;               /* number of the oldest that is kept */
    uint64_t end;                 /* of the next to come */
    size_t bytes;
    uint64_t total;
    struct cs_map total_of; /* uid -> how many there ever were */
};

int cs_backlog_open(struct cs_backlog *backlog); /* 0 or -ENOMEM */
void cs_backlog_close(struct cs_backlog *backlog);

bool cs_backlog_is_full(const struct cs_backlog *backlog, size_t length); /* for so long a line */
const struct cs_entry_line *cs_backlog_at(const struct cs_backlog *backlog, uint64_t number);
void cs_backlog_drop_oldest(struct cs_backlog *backlog);
void cs_backlog_add(struct cs_backlog *backlog, struct cs_entry_line *line); /* takes it over */

/* Where a reader of the last `count` that it may see begins, and how many were before. */
uint64_t cs_backlog_last(const struct cs_backlog *backlog, const struct cs_reader *reader,
                         size_t count, uint64_t *before);
