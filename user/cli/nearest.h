/* SPDX-License-Identifier: MIT */
/* "Did you mean ...?": which known word a misspelt one is close to. Pure. */
#pragma once

#include <stddef.h>

struct cs_nearest {
    const char *word; /* NULL: none is close */
    size_t distance;
};

/* Takes `candidate` as the nearest to `typed` if it is closer than what was found so far. */
void cs_nearest_offer(struct cs_nearest *nearest, const char *typed, const char *candidate);
