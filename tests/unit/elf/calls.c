/* SPDX-License-Identifier: MIT */
/* Calls that leave a library with a constant in front. */
#include "user/elf/calls.h"

#include "user/elf/import.h"

#include "fixture.h"

enum { PART = 20, ROOM = 2 };

#ifdef __x86_64__
static void expect_call(const char *fixture)
{
    struct cs_image image = open_fixture(fixture);
    uint64_t jump = cs_import_find(&image, "ERR_vset_error"), calls[ROOM] = {0};
    uint8_t code[5] = {0};
    int32_t distance;

    cr_assert_eq(cs_calls_find(&image, jump, PART, calls, ROOM), 1, "%s", fixture);
    cr_expect_eq(cs_image_read_code(&image, calls[0], code, sizeof(code)), sizeof(code));
    memcpy(&distance, code + 1, sizeof(distance));
    cr_expect_eq(code[0], 0xe8, "%s: call", fixture);
    cr_expect_leq(jump - (calls[0] + sizeof(code) + (uint64_t)(int64_t)distance), 5, "%s", fixture);
}

Test(calls, are_found_in_every_shape_of_file)
{
    expect_call("plain");
    expect_call("sysv");
    expect_call("relr");
    expect_call("symtab");
    expect_call("ibt");
}
#endif

Test(calls, are_not_found_where_there_is_none)
{
    struct cs_image image = open_fixture("plain");
    uint64_t jump = cs_import_find(&image, "ERR_vset_error"), calls[ROOM];

    cr_expect_eq(cs_calls_find(&image, jump, PART + 1, calls, ROOM), 0, "another constant");
    cr_expect_eq(cs_calls_find(&image, jump + 64, PART, calls, ROOM), 0, "another function");
    cr_expect_eq(cs_calls_find(&image, 0, PART, calls, ROOM), 0, "not imported");
}

Test(calls, without_room_for_all_are_none)
{
    struct cs_image image = open_fixture("plain");
    uint64_t calls[1];

    cr_expect_eq(cs_calls_find(&image, cs_import_find(&image, "ERR_vset_error"), PART, calls, 0),
                 0);
}
