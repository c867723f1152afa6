/* SPDX-License-Identifier: MIT */
/* Whole or fair. */
#include "user/report/sample.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct cs_sample sample;

static void clear(void)
{
    cs_sample_free(&sample);
}

TestSuite(sample, .fini = clear);

static void offer(uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        size_t at = cs_sample_offer(&sample);
        struct cs_kept *kept;

        if (at == CS_SAMPLE_NONE)
            continue;
        kept = calloc(1, sizeof(*kept) + 1);
        kept->order = i;
        cs_sample_put(&sample, at, kept);
    }
}

Test(sample, all_while_there_is_room)
{
    cs_sample_init(&sample, 50);
    offer(50);
    cr_assert_eq(sample.count, 50);
    for (uint64_t i = 0; i < 50; i++)
        cr_expect_eq(sample.items[i]->order, i);
}

Test(sample, fair)
{
    uint64_t tenths[10] = {0};

    cs_sample_init(&sample, 1000);
    offer(100000);
    cr_assert_eq(sample.count, 1000);
    cr_assert_eq(sample.offered, 100000);
    for (size_t i = 0; i < 1000; i++)
        tenths[sample.items[i]->order / 10000]++;
    for (size_t i = 0; i < 10; i++)
        cr_expect(tenths[i] > 60 && tenths[i] < 140, "tenth %zu has %llu of 1000", i,
                  (unsigned long long)tenths[i]);
}

Test(sample, none_wanted)
{
    cs_sample_init(&sample, 0);
    offer(10);
    cr_assert_eq(sample.count, 0);
}
