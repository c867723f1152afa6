/* SPDX-License-Identifier: MIT */
/* Where a handshake ends, in a library that the compiler at hand made. */
#include "user/elf/ending.h"

#include "user/elf/symbols.h"

#include "fixture.h"

#include <errno.h>

static uint64_t address_of(const struct cs_image *image, const char *name)
{
    struct cs_symbol symbol = {.name = name};

    cs_symbols_find_dynamic(image, &symbol, 1);
    cr_assert_neq(symbol.vaddr, 0, "%s", name);
    return symbol.vaddr;
}

#ifdef __x86_64__
static bool is_preserved(uint8_t number)
{
    return number == 3 || number == 5 || number >= 12;
}

static void expect_jump(const struct cs_image *image, const struct cs_ending *ending)
{
    uint8_t code[2];

    cr_assert_eq(cs_image_read_code(image, ending->place, code, 2), 2);
    cr_expect((code[0] & 0xf0) == 0x70 || code[0] == 0x0f, "a conditional jump");
    cr_expect(is_preserved(ending->ssl) && ending->ssl != ending->result);
}

Test(ending, of_both_roles_is_one)
{
    struct cs_image image = open_fixture("plain");
    struct cs_ending connect, accept;

    cr_assert_eq(cs_ending_find(&image, address_of(&image, "step_connect"), &connect), 0);
    cr_assert_eq(cs_ending_find(&image, address_of(&image, "step_accept"), &accept), 0);
    cr_expect_eq(memcmp(&connect, &accept, sizeof(connect)), 0);
    cr_expect(is_preserved(connect.result));
    expect_jump(&image, &connect);
}

Test(ending, of_gnutls)
{
    struct cs_image image = open_fixture("gnutls");
    uint64_t handshake = address_of(&image, "gnutls_handshake");
    struct cs_ending ending;

    cr_assert_eq(cs_ending_find_gnutls(&image, handshake, &ending), 0);
    cr_expect(ending.place > handshake && ending.place < handshake + 256);
    expect_jump(&image, &ending);
}
#endif

Test(ending, is_not_found_elsewhere)
{
    struct cs_image image = open_fixture("plain");
    struct cs_ending ending = {.place = 1};

    cr_expect_eq(cs_ending_find(&image, address_of(&image, "expected_connect"), &ending), -ENOENT);
    cr_expect_eq(cs_ending_find(&image, address_of(&image, "SSL_free"), &ending), -ENOENT);
    cr_expect_eq(cs_ending_find(&image, 0, &ending), -ENOENT);
    cr_expect_eq(cs_ending_find_gnutls(&image, address_of(&image, "SSL_do_handshake"), &ending),
                 -ENOENT);
    cr_expect_eq(ending.place, 1, "untouched on failure");
}
