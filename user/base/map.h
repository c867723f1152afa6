/* SPDX-License-Identifier: MIT */
/*
 * A hash map from a 64-bit key to a pointer, open addressing. Order of iteration is not defined:
 * who needs an order keeps one. The map owns no values.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cs_map_slot {
    uint64_t key;
    void *value; /* NULL: empty */
};

struct cs_map {
    struct cs_map_slot *slots;
    size_t count;
    size_t mask; /* slots - 1; 0: no memory yet */
};

void *cs_map_get(const struct cs_map *map, uint64_t key);
int cs_map_put(struct cs_map *map, uint64_t key, void *value); /* replaces; 0 or -ENOMEM */
void *cs_map_take(struct cs_map *map, uint64_t key);           /* removes and returns, or NULL */
void cs_map_free(struct cs_map *map);
