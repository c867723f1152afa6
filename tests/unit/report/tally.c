/* SPDX-License-Identifier: MIT */
/* Counters by name, within bounds. */
#include "user/report/tally.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

Test(tally, highest_first)
{
    struct cs_tally tally = {0};

    cs_tally_add(&tally, "b", 1);
    cs_tally_add(&tally, "a", 1);
    cs_tally_add(&tally, "c", 1);
    cs_tally_add(&tally, "c", 2);
    cs_tally_sort(&tally);
    cr_expect_str_eq(tally.items[0].name, "c");
    cr_expect_eq(tally.items[0].count, 3);
    cr_expect_str_eq(tally.items[1].name, "a");
    cr_expect_eq(cs_tally_total(&tally), 5);
}

Test(tally, what_finds_no_room_is_counted)
{
    struct cs_tally tally = {0};
    char name[16];

    for (int i = 0; i < CS_TALLY_ROOM + 10; i++) {
        snprintf(name, sizeof(name), "%d", i);
        cs_tally_add(&tally, name, 1);
    }
    cr_expect_eq(tally.used, CS_TALLY_ROOM);
    cr_expect_eq(tally.others, 10);
    cr_expect_eq(cs_tally_total(&tally), CS_TALLY_ROOM + 10);
}

Test(tally, long_names_are_cut)
{
    struct cs_tally tally = {0};
    char name[200];

    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    cs_tally_add(&tally, name, 1);
    cs_tally_add(&tally, name, 1);
    cr_expect_eq(tally.used, 1);
    cr_expect_eq(strlen(tally.items[0].name), CS_TALLY_NAME_BYTES - 1);
}
