/* SPDX-License-Identifier: MIT */
/* The slowest of many, and what failures may take of them. */
#include "user/report/slowest.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct cs_slowest good, bad;

static void prepare(void)
{
    cr_assert_eq(cs_slowest_init(&good, 10), 0);
    cr_assert_eq(cs_slowest_init(&bad, 10), 0);
}

static void clear(void)
{
    cs_slowest_free(&good);
    cs_slowest_free(&bad);
}

TestSuite(slowest, .init = prepare, .fini = clear);

static void add(struct cs_slowest *slowest, uint64_t duration_ns, uint64_t order)
{
    struct cs_kept *kept;

    if (!cs_slowest_wants(slowest, duration_ns))
        return;
    kept = calloc(1, sizeof(*kept) + 1);
    kept->duration_ns = duration_ns;
    kept->order = order;
    cs_slowest_add(slowest, kept);
}

Test(slowest, of_many)
{
    struct cs_kept **picked;

    for (uint64_t i = 0; i < 1000; i++)
        add(&good, (i * 7919) % 1000, i);
    picked = cs_slowest_pick(&good, &bad);
    for (uint64_t i = 0; i < 10; i++)
        cr_expect_eq(picked[i]->duration_ns, 999 - i);
    cr_expect_null(picked[10]);
    free(picked);
}

Test(slowest, equals_stay_in_order)
{
    struct cs_kept **picked;

    for (uint64_t i = 0; i < 100; i++)
        add(&good, 5, i);
    picked = cs_slowest_pick(&good, &bad);
    for (uint64_t i = 0; i < 10; i++)
        cr_expect_eq(picked[i]->order, i);
    free(picked);
}

Test(slowest, failures_take_half_at_most)
{
    struct cs_kept **picked;

    for (uint64_t i = 0; i < 20; i++) {
        add(&good, 100 + i, i);
        add(&bad, 1000 + i, i);
    }
    picked = cs_slowest_pick(&good, &bad);
    cr_expect_eq(picked[4]->duration_ns, 1015);
    cr_expect_eq(picked[5]->duration_ns, 119);
    free(picked);
}

Test(slowest, failures_take_what_others_leave)
{
    struct cs_kept **picked;
    size_t count = 0;

    add(&good, 1, 0);
    for (uint64_t i = 0; i < 20; i++)
        add(&bad, 1000 + i, i);
    picked = cs_slowest_pick(&good, &bad);
    while (picked[count])
        count++;
    cr_expect_eq(count, 10);
    cr_expect_eq(picked[9]->duration_ns, 1);
    free(picked);
}

Test(slowest, none)
{
    struct cs_kept **picked = cs_slowest_pick(&good, &bad);

    cr_expect_null(picked[0]);
    free(picked);
}
