/* SPDX-License-Identifier: MIT */
/* Numbers from splitmix64 with a fixed seed: nobody gains from guessing them. */
#include "user/report/sample.h"

#include <errno.h>
#include <stdlib.h>

int cs_sample_init(struct cs_sample *sample, size_t room)
{
    *sample = (struct cs_sample){.room = room, .items = calloc(room + 1, sizeof(struct cs_kept *))};
    return sample->items ? 0 : -ENOMEM;
}

static uint64_t draw(uint64_t *state)
{
    uint64_t number = *state += 0x9e3779b97f4a7c15ull;

    number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9ull;
    number = (number ^ (number >> 27)) * 0x94d049bb133111ebull;
    return number ^ (number >> 31);
}

size_t cs_sample_offer(struct cs_sample *sample)
{
    uint64_t at = sample->offered++;

    if (at >= sample->room)
        at = draw(&sample->state) % sample->offered;
    return at < sample->room ? at : CS_SAMPLE_NONE;
}

void cs_sample_put(struct cs_sample *sample, size_t at, struct cs_kept *kept)
{
    if (at == sample->count)
        sample->count++;
    free(sample->items[at]);
    sample->items[at] = kept;
}

void cs_sample_free(struct cs_sample *sample)
{
    for (size_t i = 0; i < sample->count; i++)
        free(sample->items[i]);
    free(sample->items);
    *sample = (struct cs_sample){0};
}
