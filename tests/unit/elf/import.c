/* SPDX-License-Identifier: MIT */
/* The jump that leads out of a library: known by its bytes and by where it goes. */
#include "user/elf/import.h"

#include "fixture.h"

#ifdef __x86_64__
static void expect_jump(const char *fixture, const char *name)
{
    struct cs_image image = open_fixture(fixture);
    uint64_t vaddr = cs_import_find(&image, name);
    uint8_t code[2] = {0};

    cr_expect_neq(vaddr, 0, "%s", fixture);
    cr_expect_eq(cs_image_read_code(&image, vaddr, code, sizeof(code)), sizeof(code));
    cr_expect_eq(code[0] << 8 | code[1], 0xff25, "%s: jmp *disp32(%%rip)", fixture);
}

Test(import, is_found_in_every_shape_of_file)
{
    expect_jump("plain", "ERR_vset_error");
    expect_jump("sysv", "ERR_vset_error");
    expect_jump("relr", "ERR_vset_error");
    expect_jump("symtab", "ERR_vset_error");
    expect_jump("ibt", "ERR_vset_error");
    expect_jump("old", "ERR_put_error");
    expect_jump("caller", "getaddrinfo");
    expect_jump("far", "getaddrinfo");
}
#endif

Test(import, is_not_found_where_there_is_none)
{
    struct cs_image image = open_fixture("plain");

    cr_expect_eq(cs_import_find(&image, "ERR_put_error"), 0);
    cr_expect_eq(cs_import_find(&image, "SSL_do_handshake"), 0, "its own");
}
