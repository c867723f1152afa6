/* SPDX-License-Identifier: MIT */
/* The promise: percentiles within 1 % of what sorting would give. */
#include "user/report/sketch.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define COUNT 20000

static int compare(const void *a, const void *b)
{
    uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;

    return one < other ? -1 : one > other;
}

static uint64_t draw(uint64_t *state)
{
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;
    return *state >> 33;
}

Test(sketch, percentiles_are_within_one_percent)
{
    static uint64_t values[COUNT];
    struct cs_sketch sketch = {0};
    uint64_t state = 1;

    for (size_t i = 0; i < COUNT; i++) {
        values[i] = 2000 + (draw(&state) << (draw(&state) % 12)) % 9000000000ull;
        cr_assert_eq(cs_sketch_add(&sketch, values[i]), 0);
    }
    qsort(values, COUNT, sizeof(values[0]), compare);
    for (unsigned permille = 1; permille <= 1000; permille++) {
        double exact = (double)values[(COUNT * (size_t)permille + 999) / 1000 - 1];
        double told = (double)cs_sketch_quantile(&sketch, permille);

        cr_assert(told > exact * 0.99 && told < exact * 1.01, "p%u: %f, told %f", permille, exact,
                  told);
    }
    cs_sketch_free(&sketch);
}

Test(sketch, the_last_is_exact)
{
    struct cs_sketch sketch = {0};

    cs_sketch_add(&sketch, 1234567);
    cr_expect_eq(cs_sketch_quantile(&sketch, 500), 1234567);
    cs_sketch_add(&sketch, 7654321);
    cr_expect_eq(cs_sketch_quantile(&sketch, 990), 7654321);
    cs_sketch_free(&sketch);
}

Test(sketch, ends_of_the_scale)
{
    struct cs_sketch sketch = {0};

    cr_expect_eq(cs_sketch_quantile(&sketch, 500), 0);
    cs_sketch_add(&sketch, 0);
    cs_sketch_add(&sketch, 1ull << 62);
    cs_sketch_add(&sketch, UINT64_MAX - 1);
    cr_expect_lt(cs_sketch_quantile(&sketch, 1), 1100);
    cr_expect_eq(cs_sketch_quantile(&sketch, 1000), UINT64_MAX - 1);
    cr_expect_eq(sketch.octaves, CS_SKETCH_OCTAVES);
    cs_sketch_free(&sketch);
}

Test(sketch, merged_is_as_if_added)
{
    struct cs_sketch one = {0}, other = {0}, both = {0};

    for (uint64_t i = 1; i <= 3000; i++) { /* the longest goes into `other` */
        uint64_t value = i * i * 1000;

        cs_sketch_add(i % 2 ? &one : &other, value);
        cs_sketch_add(&both, value);
    }
    cr_assert_eq(cs_sketch_merge(&one, &other), 0);
    cr_assert_eq(one.count, both.count);
    for (unsigned permille = 100; permille <= 1000; permille += 100)
        cr_expect_eq(cs_sketch_quantile(&one, permille), cs_sketch_quantile(&both, permille));
    cs_sketch_free(&one);
    cs_sketch_free(&other);
    cs_sketch_free(&both);
}
