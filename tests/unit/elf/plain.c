/* SPDX-License-Identifier: MIT */
/* Where plain text is read, in a library that the compiler at hand made. */
#include "user/elf/plain.h"

#include "user/elf/symbols.h"

#include "fixture.h"

#include <errno.h>

enum { CLIENT_METHOD, SERVER_METHOD, WANT, STATE, SYMBOLS };

struct found {
    struct cs_image image;
    struct cs_method method;
    struct cs_plain_fields fields;
};

static struct found open_library(void)
{
    struct found found = {.image = open_fixture("plain")};
    struct cs_symbol symbols[SYMBOLS] = {{.name = "TLS_client_method"},
                                         {.name = "TLS_server_method"},
                                         {.name = "SSL_want"},
                                         {.name = "SSL_in_init"}};

    cs_symbols_find_dynamic(&found.image, symbols, SYMBOLS);
    cr_assert_eq(cs_method_find(&found.image, symbols[CLIENT_METHOD].vaddr,
                                symbols[SERVER_METHOD].vaddr, &found.method),
                 0);
    found.fields = (struct cs_plain_fields){symbols[WANT].vaddr, symbols[STATE].vaddr};
    return found;
}

#ifdef __x86_64__
static bool is_preserved(uint8_t number)
{
    return number == 3 || number == 5 || number >= 12;
}

Test(plain, is_found_at_cheap_places)
{
    struct found found = open_library();
    struct cs_plain plain = {0};
    uint8_t code[6];

    cr_assert_eq(cs_plain_find(&found.image, &found.method, &found.fields, &plain), 0);
    cr_expect_eq(plain.want_offset, 4);
    cr_expect_eq(plain.state_offset, 8);
    cr_expect(is_preserved(plain.ssl) && is_preserved(plain.data) && is_preserved(plain.length_at));
    cr_expect(plain.ssl != plain.data && plain.data != plain.length_at);
    cr_assert_eq(cs_image_read_code(&found.image, plain.read_end - 3, code, 6), 6);
    cr_expect_eq(memcmp(code, "\x83\xf8\xff", 3), 0, "behind a comparison with -1");
    cr_expect((code[3] & 0xf0) == 0x70 || code[3] == 0x0f, "a conditional jump");
    cr_expect(plain.write >= found.method.write && plain.write < found.method.write + 16);
}

static int find_in(const char *read, struct cs_plain *plain)
{
    struct found found = open_library();
    struct cs_symbol symbol = {.name = read};

    cs_symbols_find_dynamic(&found.image, &symbol, 1);
    cr_assert(symbol.vaddr, "%s", read);
    found.method.read = symbol.vaddr;
    return cs_plain_find(&found.image, &found.method, &found.fields, plain);
}

/* A register that may hold something else would lead to memory that nobody meant. */
Test(plain, registers_hold_what_was_not_overwritten)
{
    static const char *const overwritten[] = {
        "read_half", "read_late",    "read_number",  "read_if",      "read_wider", "read_narrow",
        "read_flag", "read_product", "read_shifted", "read_negated", "read_sum",   "read_swapped",
    };
    struct cs_plain plain;

    cr_assert_eq(find_in("read_well", &plain), 0);
    cr_expect_eq(plain.ssl, 3);
    cr_expect_eq(plain.data, 5);
    cr_expect_eq(plain.length_at, 12);
    for (size_t i = 0; i < sizeof(overwritten) / sizeof(overwritten[0]); i++)
        cr_expect_eq(find_in(overwritten[i], &plain), -ENOENT, "%s", overwritten[i]);
}

Test(plain, is_not_found_in_other_functions)
{
    struct found found = open_library();
    struct cs_method method = found.method;
    struct cs_plain_fields fields = found.fields;
    struct cs_plain plain = {.write = 1};

    method.read = found.method.connect;
    cr_expect_eq(cs_plain_find(&found.image, &method, &fields, &plain), -ENOENT);
    method.read = 0;
    cr_expect_eq(cs_plain_find(&found.image, &method, &fields, &plain), -ENOENT);
    fields.want = 0;
    cr_expect_eq(cs_plain_find(&found.image, &found.method, &fields, &plain), -ENOENT);
    cr_expect_eq(plain.write, 1, "untouched on failure");
}
#else
Test(plain, is_not_found_elsewhere)
{
    struct found found = open_library();
    struct cs_plain plain;

    cr_expect_eq(cs_plain_find(&found.image, &found.method, &found.fields, &plain), -ENOENT);
}
#endif
