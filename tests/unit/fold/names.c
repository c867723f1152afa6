/* SPDX-License-Identifier: MIT */
/* Replacement, eviction by use, and names that outlive their place. */
#include "user/fold/names.h"

#include <criterion/criterion.h>

static const char *text(struct cs_names *names, uint64_t number)
{
    return cs_name_text(cs_names_get(names, number));
}

Test(names, knows_what_it_was_told)
{
    struct cs_names names;

    cs_names_init(&names, 1000);
    cs_names_put(&names, 1, "/usr/bin/curl");
    cr_expect_str_eq(text(&names, 1), "/usr/bin/curl");
    cr_expect_null(text(&names, 2));
    cs_names_put(&names, 1, "/usr/bin/wget");
    cr_expect_str_eq(text(&names, 1), "/usr/bin/wget");
    cs_names_put(&names, 1, "");
    cr_expect_null(text(&names, 1));
    cr_expect_eq(names.bytes, 0);
    cs_names_free(&names);
}

Test(names, forgets_what_was_used_longest_ago)
{
    struct cs_names names;

    cs_names_init(&names, 3 * (sizeof(struct cs_name) + 2));
    cs_names_put(&names, 1, "a");
    cs_names_put(&names, 2, "b");
    cs_names_put(&names, 3, "c");
    cr_expect_str_eq(text(&names, 1), "a");
    cs_names_put(&names, 4, "d");
    cr_expect_null(text(&names, 2));
    cr_expect_str_eq(text(&names, 1), "a");
    cr_expect_str_eq(text(&names, 3), "c");
    cr_expect_str_eq(text(&names, 4), "d");
    cs_names_free(&names);
}

Test(names, a_name_larger_than_the_table_is_not_kept)
{
    struct cs_names names;

    cs_names_init(&names, sizeof(struct cs_name) + 4);
    cs_names_put(&names, 1, "much too long");
    cr_expect_null(text(&names, 1));
    cr_expect_eq(names.bytes, 0);
    cs_names_free(&names);
}

Test(names, a_held_name_outlives_its_place)
{
    struct cs_names names;
    struct cs_name *held;

    cs_names_init(&names, 1000);
    cs_names_put(&names, 1, "/old");
    held = cs_name_hold(cs_names_get(&names, 1));
    cs_names_put(&names, 1, "/new");
    cs_names_free(&names);
    cr_expect_str_eq(cs_name_text(held), "/old");
    cs_name_release(held);
}
