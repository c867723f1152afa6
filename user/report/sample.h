/* SPDX-License-Identifier: MIT */
/*
 * A fair sample of a stream of unknown length (Vitter's algorithm R): all of it while there is
 * room. The same stream gives the same sample.
 */
#pragma once

#include "user/report/kept.h"

struct cs_sample {
    struct cs_kept **items;
    size_t count;
    size_t room;
    uint64_t offered;
    uint64_t state; /* of the generator */
};

int cs_sample_init(struct cs_sample *sample, size_t room); /* 0 or -ENOMEM */
/* Where the next one of the stream goes; CS_SAMPLE_NONE: it is passed over. */
#define CS_SAMPLE_NONE SIZE_MAX
size_t cs_sample_offer(struct cs_sample *sample);
/* Takes it over, in place of what was there. */
void cs_sample_put(struct cs_sample *sample, size_t at, struct cs_kept *kept);
void cs_sample_free(struct cs_sample *sample);
