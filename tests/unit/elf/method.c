/* SPDX-License-Identifier: MIT */
/* The fixtures export what the tables hide, so the right answer is known. */
#include "user/elf/method.h"

#include "user/elf/symbols.h"

#include "fixture.h"

#include <errno.h>

struct found {
    struct cs_image image;
    struct cs_symbol symbols[4];
};

static struct found find(const char *fixture)
{
    struct found found = {.image = open_fixture(fixture),
                          .symbols = {{.name = "TLS_client_method"},
                                      {.name = "TLS_server_method"},
                                      {.name = "expected_connect"},
                                      {.name = "expected_accept"}}};

    cs_symbols_find_dynamic(&found.image, found.symbols, 4);
    for (int i = 0; i < 4; i++)
        cr_assert_neq(found.symbols[i].vaddr, 0, "%s", found.symbols[i].name);
    return found;
}

static void expect_right(const char *fixture)
{
    struct found found = find(fixture);
    struct cs_method method = {0};

    cr_assert_eq(
        cs_method_find(&found.image, found.symbols[0].vaddr, found.symbols[1].vaddr, &method), 0,
        "%s", fixture);
    cr_expect_eq(method.connect, found.symbols[2].vaddr, "%s", fixture);
    cr_expect_eq(method.accept, found.symbols[3].vaddr, "%s", fixture);
}

Test(method, finds_the_state_machine)
{
    expect_right("plain");
}

Test(method, finds_it_with_packed_relocations)
{
    expect_right("relr");
}

Test(method, refuses_tables_that_differ_otherwise)
{
    struct found found = find("odd");
    struct cs_method method = {1, 2};

    cr_expect_eq(
        cs_method_find(&found.image, found.symbols[0].vaddr, found.symbols[1].vaddr, &method),
        -ENOENT);
    cr_expect_eq(method.connect, 1, "untouched on failure");
}

Test(method, refuses_functions_that_are_no_methods)
{
    struct found found = find("plain");
    struct cs_method method;

    cr_expect_eq(
        cs_method_find(&found.image, found.symbols[2].vaddr, found.symbols[3].vaddr, &method),
        -ENOENT);
    cr_expect_eq(
        cs_method_find(&found.image, found.symbols[0].vaddr, found.symbols[0].vaddr, &method),
        -ENOENT, "no difference at all");
    cr_expect_eq(cs_method_find(&found.image, 1, UINT64_MAX, &method), -ENOENT);
}
