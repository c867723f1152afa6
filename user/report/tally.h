/* SPDX-License-Identifier: MIT */
/* A few named counters, in the order of their first appearance until sorted. Bounded: what finds no
 * room is counted together. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CS_TALLY_ROOM       128
#define CS_TALLY_NAME_BYTES 64

struct cs_tally_item {
    char name[CS_TALLY_NAME_BYTES];
    uint64_t count;
};

struct cs_tally {
    struct cs_tally_item items[CS_TALLY_ROOM];
    size_t used;
    uint64_t others; /* counted without a name */
};

/* A longer name is cut. */
void cs_tally_add(struct cs_tally *tally, const char *name, uint64_t count);
void cs_tally_sort(struct cs_tally *tally); /* the highest first */
uint64_t cs_tally_total(const struct cs_tally *tally);
