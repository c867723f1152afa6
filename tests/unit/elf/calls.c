/* SPDX-License-Identifier: MIT */
/* Calls that leave a library with a constant in front: of built libraries, and of code by hand. */
#include "user/elf/calls.h"

#include "user/elf/import.h"

#include "fixture.h"

#include <sys/mman.h>

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

/* Code of our own at this address, the jump that it calls behind it. */
enum { BASE = 0x1000, CODE_BYTES = 96 << 10, JUMP = BASE + CODE_BYTES - 16 };

static const uint8_t move[] = {0xbf, PART, 0, 0, 0};

struct code {
    uint8_t bytes[CODE_BYTES];
    size_t at;
};

static struct code *new_code(size_t at)
{
    struct code *code = malloc(sizeof(*code));

    cr_assert_not_null(code);
    memset(code->bytes, 0x90, sizeof(code->bytes)); /* nop */
    code->at = at;
    return code;
}

static void put(struct code *code, const void *bytes, size_t count)
{
    memcpy(code->bytes + code->at, bytes, count);
    code->at += count;
}

static void put_way(struct code *code, uint8_t opcode)
{
    int32_t distance = (int32_t)(JUMP - (BASE + code->at + 5));

    put(code, &opcode, 1);
    put(code, &distance, sizeof(distance));
}

/* Takes the code; expects calls at these addresses. */
static void expect_calls(struct code *code, size_t count, const uint64_t *expected)
{
    struct cs_image image = {.fd = memfd_create("code", MFD_CLOEXEC),
                             .machine = EM_X86_64,
                             .file_bytes = CODE_BYTES,
                             .segment_count = 1,
                             .segments = {{BASE, 0, CODE_BYTES, true}}};
    uint64_t calls[ROOM] = {0};

    cr_assert_eq(write(image.fd, code->bytes, CODE_BYTES), CODE_BYTES);
    cr_expect_eq(cs_calls_find(&image, JUMP, PART, calls, ROOM), count);
    for (size_t i = 0; i < count; i++)
        cr_expect_eq(calls[i], expected[i]);
    close(image.fd);
    free(code);
}

Test(calls, are_found_across_windows)
{
    struct code *code = new_code((64 << 10) - 3);
    uint64_t call = BASE + (64 << 10) + 2;

    put(code, move, sizeof(move));
    put_way(code, 0xe8);
    expect_calls(code, 1, &call);
}

Test(calls, with_the_constant_twice_in_front_are_one)
{
    struct code *code = new_code(256);
    uint64_t call = BASE + 256 + 10;

    put(code, move, sizeof(move));
    put(code, move, sizeof(move));
    put_way(code, 0xe8);
    expect_calls(code, 1, &call);
}

Test(calls, with_another_way_beside_them_are_not_all)
{
    struct code *code = new_code(256);

    put(code, move, sizeof(move));
    put_way(code, 0xe8);
    put_way(code, 0xe9); /* a tail call */
    expect_calls(code, 0, NULL);
}

Test(calls, behind_a_jump_are_of_other_code)
{
    struct code *code = new_code(256);

    put(code, move, sizeof(move));
    put(code, "\xeb\x00", 2);
    put_way(code, 0xe8);
    expect_calls(code, 0, NULL);
}

Test(calls, without_room_for_all_are_none)
{
    const uint64_t calls[] = {BASE + 256 + 5, BASE + 256 + 15};
    struct code *two = new_code(256), *three = new_code(256);

    for (int i = 0; i < 3; i++) {
        put(three, move, sizeof(move));
        put_way(three, 0xe8);
    }
    memcpy(two->bytes, three->bytes, 256 + 20);
    expect_calls(two, 2, calls);
    expect_calls(three, 0, NULL);
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
