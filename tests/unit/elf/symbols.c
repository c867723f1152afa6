/* SPDX-License-Identifier: MIT */
/* Each of the three tables a name may stand in, and names that only seem to be there. */
#include "user/elf/symbols.h"

#include "fixture.h"

static void expect_all(const char *fixture, bool is_dynamic)
{
    struct cs_image image = open_fixture(fixture);
    struct cs_symbol wanted[] = {
        {.name = "SSL_do_handshake"}, {.name = "SSL_CTX_new"}, {.name = "SSL_nowhere"}};

    if (is_dynamic)
        cs_symbols_find_dynamic(&image, wanted, 3);
    else
        cs_symbols_find_static(&image, wanted, 3);
    cr_expect_neq(wanted[0].vaddr, 0, "%s", fixture);
    cr_expect_neq(wanted[1].vaddr, 0, "%s", fixture);
    cr_expect_neq(wanted[0].vaddr, wanted[1].vaddr, "%s", fixture);
    cr_expect_eq(wanted[2].vaddr, 0, "%s", fixture);
}

Test(symbols, finds_by_gnu_hash)
{
    expect_all("plain", true);
}

Test(symbols, finds_by_sysv_hash)
{
    expect_all("sysv", true);
}

Test(symbols, finds_in_the_full_table)
{
    expect_all("symtab", false);
}

Test(symbols, finds_nothing_where_nothing_is_exported)
{
    struct cs_image image = open_fixture("symtab");
    struct cs_symbol wanted = {.name = "SSL_do_handshake"};

    cs_symbols_find_dynamic(&image, &wanted, 1);
    cr_expect_eq(wanted.vaddr, 0);
}

Test(symbols, keeps_what_was_found)
{
    struct cs_image image = open_fixture("plain");
    struct cs_symbol wanted = {.name = "SSL_do_handshake", .vaddr = 42};

    cs_symbols_find_dynamic(&image, &wanted, 1);
    cr_expect_eq(wanted.vaddr, 42);
}

Test(symbols, does_not_take_what_is_only_used)
{
    struct cs_image image;
    struct cs_symbol wanted[] = {
        {.name = "cs_symbols_find_static"}, {.name = "memfd_create"}, {.name = "stdout"}};
    int fd = open("/proc/self/exe", O_RDONLY);

    cr_assert_eq(cs_image_open(fd, "self", NULL, &image), 0);
    cs_symbols_find_dynamic(&image, wanted, 3);
    cs_symbols_find_static(&image, wanted, 3);
    cr_expect_neq(wanted[0].vaddr, 0, "in .symtab only");
    cr_expect_eq(wanted[1].vaddr, 0, "undefined here");
    cr_expect_eq(wanted[2].vaddr, 0, "no function");
}
