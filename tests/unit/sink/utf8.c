/* SPDX-License-Identifier: MIT */
/* Well-formed and ill-formed sequences, by the table of RFC 3629 section 4. */
#include "user/sink/utf8.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct {
    const char *text;
    size_t length;
    uint32_t code;
} rows[] = {
    {"a", 1, 'a'},
    {"\x7f", 1, 0x7f},
    {"\xc2\x80", 2, 0x80},
    {"\xdf\xbf", 2, 0x7ff},
    {"\xe0\xa0\x80", 3, 0x800},
    {"\xe2\x82\xac", 3, 0x20ac},
    {"\xed\x9f\xbf", 3, 0xd7ff},
    {"\xef\xbf\xbf", 3, 0xffff},
    {"\xf0\x90\x80\x80", 4, 0x10000},
    {"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
    {"\x80", 0, 0},             /* a continuation alone */
    {"\xc0\x80", 0, 0},         /* overlong */
    {"\xc1\xbf", 0, 0},         /* overlong */
    {"\xe0\x9f\xbf", 0, 0},     /* overlong */
    {"\xf0\x8f\xbf\xbf", 0, 0}, /* overlong */
    {"\xed\xa0\x80", 0, 0},     /* a surrogate */
    {"\xf4\x90\x80\x80", 0, 0}, /* beyond U+10FFFF */
    {"\xf5\x80\x80\x80", 0, 0},
    {"\xff", 0, 0},
    {"\xe2\x82", 0, 0}, /* cut short */
    {"\xe2\x28\xa1", 0, 0},
};

Test(utf8, reads_what_is_well_formed_and_nothing_else)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint32_t code = 0;

        cr_expect_eq(cs_utf8_read(rows[i].text, strlen(rows[i].text), &code), rows[i].length,
                     "row %zu", i);
        cr_expect_eq(code, rows[i].code, "row %zu", i);
    }
}

Test(utf8, reads_no_further_than_the_room)
{
    uint32_t code;

    for (size_t room = 1; room < 4; room++)
        cr_expect_eq(cs_utf8_read("\xf0\x90\x80\x80", room, &code), 0);
}
