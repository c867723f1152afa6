/* SPDX-License-Identifier: MIT */
/* Only octaves between the shortest and the longest duration have memory: mostly five or six. */
#include "user/report/sketch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SUB_BITS    6
#define SUB_BUCKETS (1u << SUB_BITS)
#define LOWEST_BITS 10 /* 1024 ns */
#define LOWEST_NS   (1ull << LOWEST_BITS)
#define HIGHEST_NS  ((1ull << (LOWEST_BITS + CS_SKETCH_OCTAVES)) - 1)

static unsigned octave_of(uint64_t ns)
{
    return 63 - LOWEST_BITS - (unsigned)__builtin_clzll(ns);
}

/* The middle of a bucket. */
static uint64_t middle_of(unsigned octave, unsigned sub)
{
    uint64_t width = 1ull << (octave + LOWEST_BITS - SUB_BITS);

    return (SUB_BUCKETS + sub) * width + width / 2;
}

/* Memory for all octaves from `first` to `last`, and those that are there. */
static int cover(struct cs_sketch *sketch, unsigned first, unsigned last)
{
    uint32_t *buckets;

    if (sketch->buckets && sketch->first < first)
        first = sketch->first;
    if (sketch->buckets && sketch->first + sketch->octaves - 1u > last)
        last = sketch->first + sketch->octaves - 1u;
    if (sketch->buckets && sketch->octaves == last - first + 1)
        return 0;
    buckets = calloc(last - first + 1, SUB_BUCKETS * sizeof(*buckets));
    if (!buckets)
        return -ENOMEM;
    if (sketch->buckets)
        memcpy(buckets + (sketch->first - first) * SUB_BUCKETS, sketch->buckets,
               cs_sketch_bytes(sketch));
    free(sketch->buckets);
    sketch->buckets = buckets;
    sketch->first = (uint8_t)first;
    sketch->octaves = (uint8_t)(last - first + 1);
    return 0;
}

int cs_sketch_add(struct cs_sketch *sketch, uint64_t duration_ns)
{
    uint64_t ns = duration_ns < LOWEST_NS    ? LOWEST_NS
                  : duration_ns > HIGHEST_NS ? HIGHEST_NS
                                             : duration_ns;
    unsigned octave = octave_of(ns);
    unsigned sub = (unsigned)(ns >> (octave + LOWEST_BITS - SUB_BITS)) & (SUB_BUCKETS - 1);

    if (octave - sketch->first >= sketch->octaves && cover(sketch, octave, octave))
        return -ENOMEM;
    sketch->buckets[(octave - sketch->first) * SUB_BUCKETS + sub]++;
    sketch->count++;
    if (duration_ns > sketch->max_ns)
        sketch->max_ns = duration_ns;
    return 0;
}

int cs_sketch_merge(struct cs_sketch *into, const struct cs_sketch *from)
{
    uint32_t *to;

    if (!from->buckets)
        return 0;
    if (cover(into, from->first, from->first + from->octaves - 1u))
        return -ENOMEM;
    to = into->buckets + (from->first - into->first) * SUB_BUCKETS;
    for (unsigned i = 0; i < from->octaves * SUB_BUCKETS; i++)
        to[i] += from->buckets[i];
    into->count += from->count;
    if (from->max_ns > into->max_ns)
        into->max_ns = from->max_ns;
    return 0;
}

/* By the nearest rank. */
uint64_t cs_sketch_quantile(const struct cs_sketch *sketch, unsigned permille)
{
    uint64_t rank = (sketch->count * permille + 999) / 1000;
    uint64_t seen = 0;

    for (unsigned i = 0; i < sketch->octaves * SUB_BUCKETS && rank < sketch->count; i++) {
        uint64_t middle = middle_of(sketch->first + i / SUB_BUCKETS, i % SUB_BUCKETS);

        seen += sketch->buckets[i];
        if (seen >= rank)
            return middle < sketch->max_ns ? middle : sketch->max_ns;
    }
    return sketch->max_ns;
}

size_t cs_sketch_bytes(const struct cs_sketch *sketch)
{
    return sketch->octaves * SUB_BUCKETS * sizeof(*sketch->buckets);
}

void cs_sketch_free(struct cs_sketch *sketch)
{
    free(sketch->buckets);
    *sketch = (struct cs_sketch){0};
}
