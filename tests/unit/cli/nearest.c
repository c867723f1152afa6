/* SPDX-License-Identifier: MIT */
/* Which slips are understood. */
#include "user/cli/nearest.h"

#include <criterion/criterion.h>

static const char *nearest_to(const char *typed)
{
    static const char *const words[] = {"output", "format", "no-uprobes", "no-uretprobes", "port"};
    struct cs_nearest nearest = {0};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        cs_nearest_offer(&nearest, typed, words[i]);
    return nearest.word ? nearest.word : "";
}

Test(nearest, slips)
{
    cr_expect_str_eq(nearest_to("outptu"), "output");
    cr_expect_str_eq(nearest_to("otput"), "output");
    cr_expect_str_eq(nearest_to("formats"), "format");
    cr_expect_str_eq(nearest_to("no-urpobes"), "no-uprobes");
    cr_expect_str_eq(nearest_to("no-uretprobe"), "no-uretprobes");
    cr_expect_str_eq(nearest_to("prot"), "port");
    cr_expect_str_eq(nearest_to("out"), "output");
}

Test(nearest, other_words)
{
    cr_expect_str_eq(nearest_to("listen"), "");
    cr_expect_str_eq(nearest_to("x"), "");
    cr_expect_str_eq(nearest_to(""), "");
    cr_expect_str_eq(nearest_to("a-word-longer-than-any-option-could-be"), "");
}
