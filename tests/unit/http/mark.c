/* SPDX-License-Identifier: MIT */
/* Characters that are percent-encoded, once for each URL around them. */
#include "user/http/mark.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct {
    const char *text;
    struct cs_mark expected;
} rows[] = {
    {"=", {'=', 0, 0, 1}},     {"%3D", {'=', 1, 0, 3}},     {"%3d1", {'=', 1, 0, 3}},
    {"%253D", {'=', 2, 0, 5}}, {"%25253D", {'=', 3, 0, 7}}, {"%", {'%', 0, 0, 1}},
    {"%3", {'%', 0, 0, 1}},    {"%zz", {'%', 0, 0, 1}},     {"%25", {'%', 1, 0, 3}},
    {"%25zz", {'%', 1, 0, 3}}, {"%253", {'%', 1, 0, 3}},    {"%2525", {'%', 2, 0, 5}},
    {"%%3D", {'%', 0, 0, 1}},  {"%00", {'\0', 1, 0, 3}},
};

Test(mark, is_what_a_character_stands_for)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cs_mark mark = cs_mark_read(rows[i].text, strlen(rows[i].text), 0);

        cr_expect_eq(mark.byte, rows[i].expected.byte, "%s", rows[i].text);
        cr_expect_eq(mark.depth, rows[i].expected.depth, "%s", rows[i].text);
        cr_expect_eq(mark.end, rows[i].expected.end, "%s", rows[i].text);
    }
    cr_expect_eq(cs_mark_read("%3D", 2, 0).end, 1, "no further than its length");
}

static size_t find(const char *text, size_t from, unsigned depth)
{
    return cs_mark_find(text, strlen(text), from, "&=", depth).at;
}

Test(mark, is_found_where_it_is_encoded_no_deeper_than_asked)
{
    cr_expect_eq(find("a%26b%3Dc=d", 0, CS_MARK_DEPTH_ANY), 1);
    cr_expect_eq(find("a%26b%3Dc=d", 2, CS_MARK_DEPTH_ANY), 5);
    cr_expect_eq(find("a%26b%3Dc=d", 0, 0), 9);
    cr_expect_eq(find("a%2526b%26", 0, 1), 7);
    cr_expect_eq(find("a%2526b", 0, 1), 7, "none: all there is");
    cr_expect_eq(find("a\0b=", 0, 0), 1);
    cr_expect_eq(find("", 0, 0), 0);
}
