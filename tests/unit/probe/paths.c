/* SPDX-License-Identifier: MIT */
/* Sharing, the last user, and two paths of one hash. */
#include "user/probe/paths.h"

#include <criterion/criterion.h>

Test(paths, keeps_each_once)
{
    struct cs_paths paths = {0};
    struct cs_path *first = cs_paths_take(&paths, "/usr/bin/curl");
    struct cs_path *second = cs_paths_take(&paths, "/usr/bin/curl");
    struct cs_path *other = cs_paths_take(&paths, "/usr/bin/wget");

    cr_expect_eq(first, second);
    cr_expect_neq(first, other);
    cr_expect_str_eq(first->text, "/usr/bin/curl");
    cr_expect_eq(first->users, 2);
    cs_paths_drop(&paths, first);
    cr_expect_str_eq(second->text, "/usr/bin/curl", "one user is left");
    cs_paths_drop(&paths, second);
    cs_paths_drop(&paths, other);
    cr_expect_eq(paths.by_hash.count, 0, "the last user takes it along");
    cs_paths_free(&paths);
}

Test(paths, keeps_colliding_paths_apart)
{
    struct cs_paths paths = {0};
    struct cs_path *first = cs_paths_take(&paths, "/a"), *second;

    first->text[1] = 'b'; /* now "/b" stands under the hash of "/a" */
    second = cs_paths_take(&paths, "/a");
    cr_expect_neq(first, second);
    cr_expect_str_eq(second->text, "/a");
    cs_paths_drop(&paths, second);
    cr_expect_eq(paths.by_hash.count, 1, "the first is still found");
    cs_paths_drop(&paths, first);
    cs_paths_free(&paths);
}
