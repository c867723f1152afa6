/* SPDX-License-Identifier: MIT */
/* The same file through an overlay, and different ones that look alike. */
#include "user/probe/identity.h"

#include <criterion/criterion.h>
#include <fcntl.h>

static const struct cs_identity library = {
    .device = 0xfd01, .inode = 42, .bytes = 688160, .build_id = {1, 2, 3}, .build_id_bytes = 20};

Test(identity, an_overlay_shows_the_same_file_again)
{
    struct cs_identity through_overlay = library;

    through_overlay.device = 0x2a;
    through_overlay.on_overlay = true;
    cr_expect(cs_identity_is_same(&library, &library));
    cr_expect(cs_identity_is_same(&library, &through_overlay));
    cr_expect(cs_identity_is_same(&through_overlay, &library));
    through_overlay.build_id[19] = 1;
    cr_expect_not(cs_identity_is_same(&library, &through_overlay), "another content");
}

Test(identity, a_snapshot_is_another_file)
{
    struct cs_identity cloned = library;

    cloned.device = 0x2b;
    cr_expect_not(cs_identity_is_same(&library, &cloned));
}

Test(identity, of_this_program)
{
    struct cs_sites sites = {.build_id = {9}, .build_id_bytes = 20};
    struct cs_identity first, second;

    cr_assert_eq(cs_identity_of(open("/proc/self/exe", O_RDONLY), &sites, &first), 0);
    cr_assert_eq(cs_identity_of(open("/proc/self/exe", O_RDONLY), &sites, &second), 0);
    cr_expect(cs_identity_is_same(&first, &second));
    cr_expect_eq(first.build_id[0], 9);
    cr_expect_lt(cs_identity_of(-1, &sites, &first), 0);
}
