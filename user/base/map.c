/* SPDX-License-Identifier: MIT */
/* Linear probing with backward-shift deletion: no tombstones, so a long run does not slow down. */
#include "user/base/map.h"

#include <errno.h>
#include <stdlib.h>

/* Finaliser of splitmix64: keys are often pids or counters, which differ in few bits. */
static uint64_t spread(uint64_t key)
{
    key ^= key >> 30;
    key *= 0xbf58476d1ce4e5b9ULL;
    key ^= key >> 27;
    key *= 0x94d049bb133111ebULL;
    return key ^ (key >> 31);
}

/* The slot of the key, or the empty one where it would go. */
static size_t find(const struct cs_map *map, uint64_t key)
{
    size_t at = spread(key) & map->mask;

    while (map->slots[at].value && map->slots[at].key != key)
        at = (at + 1) & map->mask;
    return at;
}

static int grow(struct cs_map *map)
{
    struct cs_map bigger = {.mask = map->slots ? map->mask * 2 + 1 : 15};

    bigger.slots = calloc(bigger.mask + 1, sizeof(*bigger.slots));
    if (!bigger.slots)
        return -ENOMEM;
    for (size_t i = 0; map->slots && i <= map->mask; i++) {
        if (map->slots[i].value)
            bigger.slots[find(&bigger, map->slots[i].key)] = map->slots[i];
    }
    bigger.count = map->count;
    free(map->slots);
    *map = bigger;
    return 0;
}

void *cs_map_get(const struct cs_map *map, uint64_t key)
{
    return map->slots ? map->slots[find(map, key)].value : NULL;
}

int cs_map_put(struct cs_map *map, uint64_t key, void *value)
{
    size_t at;

    if (!map->slots || map->count * 4 >= (map->mask + 1) * 3) {
        int err = grow(map);

        if (err)
            return err;
    }
    at = find(map, key);
    if (!map->slots[at].value)
        map->count++;
    map->slots[at] = (struct cs_map_slot){key, value};
    return 0;
}

void *cs_map_take(struct cs_map *map, uint64_t key)
{
    size_t hole, at;
    void *value;

    if (!map->slots)
        return NULL;
    hole = find(map, key);
    value = map->slots[hole].value;
    if (!value)
        return NULL;
    map->count--;
    for (at = (hole + 1) & map->mask; map->slots[at].value; at = (at + 1) & map->mask) {
        size_t home = spread(map->slots[at].key) & map->mask;

        if (((at - home) & map->mask) >= ((at - hole) & map->mask)) {
            map->slots[hole] = map->slots[at];
            hole = at;
        }
    }
    map->slots[hole].value = NULL;
    return value;
}

void cs_map_free(struct cs_map *map)
{
    free(map->slots);
    *map = (struct cs_map){0};
}
