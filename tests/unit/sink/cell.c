/* SPDX-License-Identifier: MIT */
/* Texts cut by characters and made harmless; durations that fit their column. */
#include "user/sink/cell.h"

#include <criterion/criterion.h>
#include <string.h>

#include <connspan/entry.h>

#define DOTS "\xe2\x80\xa6"
#define EURO "\xe2\x82\xac"

static void expect(struct cs_buf *out, const char *text)
{
    cs_buf_add(out, "", 1);
    cr_expect_str_eq(out->data, text);
    cs_buf_free(out);
}

static const struct {
    const char *text;
    size_t width;
    enum cs_cut cut;
    const char *shown;
} rows[] = {
    {"", 5, CS_CUT_END, ""},
    {"abcde", 5, CS_CUT_END, "abcde"},
    {"abcdef", 5, CS_CUT_END, "abcd" DOTS},
    {"abcdef", 1, CS_CUT_END, DOTS},
    {"abcdef", 0, CS_CUT_END, ""},
    {"abcdefghijklmno", 10, CS_CUT_MIDDLE, "abcdef" DOTS "mno"},
    {"abcdefghij", 10, CS_CUT_MIDDLE, "abcdefghij"},
    {"abcdef", 2, CS_CUT_MIDDLE, "a" DOTS},
    {EURO EURO EURO, 3, CS_CUT_END, EURO EURO EURO},
    {EURO EURO EURO, 2, CS_CUT_END, EURO DOTS},
    {EURO "bcdefgh" EURO, 5, CS_CUT_MIDDLE, EURO "bc" DOTS EURO},
    {"a\tb\n\x1b[31mred\x7f", 80, CS_CUT_END, "a?b??[31mred?"},
    {"\xff\xe2\x82", 80, CS_CUT_END, "???"}, /* not UTF-8 */
    {"a\xc2\x9b"
     "31mb",
     80, CS_CUT_END, "a?31mb"},                            /* CSI in one character */
    {"moc\xe2\x80\xae.live", 80, CS_CUT_END, "moc?.live"}, /* turns text around */
    {"\xef\xbb\xbf"
     "a\xe2\x80\x8b"
     "b",
     80, CS_CUT_END, "?a?b"}, /* invisible */
};

Test(cell, shows_text)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cs_buf out = {0};

        cs_cell_text(&out, rows[i].text, rows[i].width, rows[i].cut);
        expect(&out, rows[i].shown);
    }
}

Test(cell, fills_up_by_characters)
{
    struct cs_buf out = {0};

    cs_cell_left(&out, EURO "a", 4, CS_CUT_END);
    cs_cell_left(&out, "|abcdef", 4, CS_CUT_END);
    cs_cell_right(&out, "|" EURO, 4);
    cs_cell_right(&out, "|abcdef", 4);
    expect(&out, EURO "a  |ab" DOTS "  |" EURO "|ab" DOTS);
}

static const struct {
    uint64_t ns;
    const char *shown;
} durations[] = {
    {0, "   0us"},
    {999, "   0us"},
    {87654, "  87us"},
    {999999, " 999us"},
    {1000000, "1.00ms"},
    {1239999, "1.23ms"},
    {12300000, "12.3ms"},
    {99999999, "99.9ms"},
    {123000000, " 123ms"},
    {1000000000, " 1.00s"},
    {1050000000, " 1.05s"},
    {59000000000, " 59.0s"},
    {999000000000, "  999s"},
    {1000000000000, "   16m"},
    {86400000000000, " 1440m"},
    {360000000000000, "  100h"},
    {CONNSPAN_UNKNOWN, "     -"},
};

Test(cell, shows_durations)
{
    for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
        struct cs_buf out = {0};

        cs_cell_duration(&out, durations[i].ns, 6);
        expect(&out, durations[i].shown);
    }
}
