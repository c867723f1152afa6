/* SPDX-License-Identifier: MIT */
/*
 * One row per destination or program, in bounded memory: when there are too many, the lesser half
 * of them becomes one row, the others'. Who comes often stays, as in lossy counting; a row that was
 * merged and comes again starts anew, so `missed` tells how much any row may lack.
 */
#pragma once

#include "user/base/map.h"
#include "user/report/measure.h"
#include "user/report/sketch.h"

#define CS_GROUPS_ROWS  4096
#define CS_GROUPS_BYTES (10u << 20) /* of sketches */

struct cs_row {
    const char *key; /* lies behind the row; of the others' row NULL */
    uint64_t connections;
    uint64_t failed;       /* of these */
    uint64_t failed_later; /* requests, late handshakes: there may be many of one connection */
    struct cs_sketch spans[CS_SPAN_COUNT];
};

struct cs_groups {
    struct cs_map rows;
    size_t bytes;
    struct cs_row others;
    uint64_t merged; /* rows that went into the others' row */
    uint64_t missed; /* connections that a row may lack, at most */
};

/* All three: 0 or -ENOMEM. */
int cs_row_add(struct cs_row *row, const struct cs_measure *measure);
int cs_row_merge(struct cs_row *into, const struct cs_row *from);
int cs_groups_add(struct cs_groups *groups, const char *key, const struct cs_measure *measure);

/* The rows, those with most connections first, then with most that failed later. Free the array,
 * not the rows. NULL: no memory. */
struct cs_row **cs_groups_sorted(const struct cs_groups *groups);

void cs_row_clear(struct cs_row *row);
void cs_groups_free(struct cs_groups *groups);
