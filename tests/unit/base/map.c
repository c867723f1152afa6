/* SPDX-License-Identifier: MIT */
/* The hash map: what goes in comes out, also after many removals have shifted slots. */
#include "user/base/map.h"

#include <criterion/criterion.h>

enum { MANY = 10000 };

static void *value_of(uint64_t key)
{
    return (void *)(uintptr_t)(key + 1);
}

Test(map, an_empty_map_has_nothing)
{
    struct cs_map map = {0};

    cr_expect_null(cs_map_get(&map, 1));
    cr_expect_null(cs_map_take(&map, 1));
    cs_map_free(&map);
}

Test(map, put_replaces)
{
    struct cs_map map = {0};
    int first, second;

    cr_assert_eq(cs_map_put(&map, 7, &first), 0);
    cr_assert_eq(cs_map_put(&map, 7, &second), 0);
    cr_expect_eq(map.count, 1);
    cr_expect_eq(cs_map_get(&map, 7), &second);
    cs_map_free(&map);
}

Test(map, removals_leave_the_rest_where_it_is_found)
{
    struct cs_map map = {0};

    for (uint64_t key = 0; key < MANY; key++)
        cr_assert_eq(cs_map_put(&map, key, value_of(key)), 0);
    for (uint64_t key = 0; key < MANY; key += 3)
        cr_expect_eq(cs_map_take(&map, key), value_of(key));
    for (uint64_t key = 0; key < MANY; key++)
        cr_expect_eq(cs_map_get(&map, key), key % 3 ? value_of(key) : NULL, "key %d", (int)key);
    for (uint64_t key = 0; key < MANY; key++)
        cs_map_take(&map, key);
    cr_expect_eq(map.count, 0);
    cs_map_free(&map);
}
