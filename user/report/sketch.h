/* SPDX-License-Identifier: MIT */
/*
 * A distribution of durations in little memory, as HdrHistogram keeps it: every octave has 64
 * linear buckets, so that a percentile is off by less than 0.8 %. Knows no units but nanoseconds;
 * what is below a microsecond is one microsecond to it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define CS_SKETCH_OCTAVES 34 /* 1 us to 4.8 hours; what is longer stands in the last bucket */

struct cs_sketch {
    uint64_t count;
    uint64_t max_ns;
    uint32_t *buckets; /* of `octaves` octaves from `first` on; NULL: nothing was added */
    uint8_t first;
    uint8_t octaves;
};

/* 0 or -ENOMEM. */
int cs_sketch_add(struct cs_sketch *sketch, uint64_t duration_ns);
int cs_sketch_merge(struct cs_sketch *into, const struct cs_sketch *from);

/* The duration that `permille` of those added do not exceed; 0 when there are none. */
uint64_t cs_sketch_quantile(const struct cs_sketch *sketch, unsigned permille);

size_t cs_sketch_bytes(const struct cs_sketch *sketch);
void cs_sketch_free(struct cs_sketch *sketch);
