/* SPDX-License-Identifier: MIT */
/* The same in OpenSSL 1.1.1 to 3.5 as Debian builds them, and inside node. */
#include "user/elf/plain.h"

#include <errno.h>
#include <string.h>

#include "user/elf/decode.h"
#include "user/elf/prologue.h"

enum { PROLOGUE_BYTES = 32, BODY_BYTES = 320, FIELD_BYTES = 64, FIELD_OFFSET_MAX = 0x7fff };
enum { REGISTERS = 16, RCX = 1, RBX = 3, RBP = 5, RSI = 6, RDI = 7, R12 = 12 };

static const uint8_t is_minus_one[] = {0x83, 0xf8, 0xff}; /* cmp $-1,%eax */

enum argument { NOTHING, SSL, DATA, LENGTH_AT };

/* What of the arguments of ssl_read each register holds. */
struct registers {
    enum argument holds[REGISTERS];
};

static bool begins(const uint8_t *code, size_t left, const uint8_t *with, size_t length)
{
    return left >= length && memcmp(code, with, length) == 0;
}

#define BEGINS(code, left, with) begins(code, left, with, sizeof(with))

/* An emulated instruction at which `arguments` are still there; 0: none. */
static uint64_t cheap_place(const struct cs_image *image, uint64_t function, unsigned arguments)
{
    uint8_t code[PROLOGUE_BYTES];
    size_t bytes = cs_image_read_code(image, function, code, sizeof(code));
    struct cs_prologue prologue = cs_prologue_choose(image->machine, code, bytes, arguments);

    return bytes == 0 || prologue.dear ? 0 : function + prologue.offset;
}

/* ---- registers ------------------------------------------------------------------------------ */

static bool is_preserved(unsigned number)
{
    return number == RBX || number == RBP || number >= R12;
}

/* Opcodes that write the register of ModRM.reg: loads, lea, movslq. */
static bool writes_reg(uint8_t opcode)
{
    return opcode == 0x63 || opcode == 0x8b || opcode == 0x8d ||
           (opcode < 0x38 && (opcode & 7) == 3);
}

/* Those that write ModRM.rm: moves, arithmetic but compares. */
static bool writes_rm(uint8_t opcode, unsigned digit)
{
    if (opcode == 0x80 || opcode == 0x81 || opcode == 0x83)
        return digit != 7;
    return opcode == 0x89 || opcode == 0xc6 || opcode == 0xc7 || opcode == 0xff ||
           (opcode < 0x38 && (opcode & 7) < 2);
}

/* Follows one instruction: a copy of a whole register hands on what that held. */
static void follow(struct registers *registers, const uint8_t *code, size_t length)
{
    uint8_t rex = (code[0] & 0xf0) == 0x40 ? code[0] : 0;
    const uint8_t *at = code + !!rex;
    unsigned reg, rm;
    bool is_register;

    if ((at[0] & 0xf8) == 0x58) { /* pop */
        registers->holds[(at[0] & 7) | (rex & 1) << 3] = NOTHING;
        return;
    }
    if (length < (size_t)(at - code) + 2)
        return;
    reg = (at[1] >> 3 & 7) | (rex & 4) << 1;
    rm = (at[1] & 7) | (rex & 1) << 3;
    is_register = at[1] >> 6 == 3;
    if (at[0] == 0x89 && is_register)
        registers->holds[rm] = rex & 8 ? registers->holds[reg] : NOTHING;
    else if (at[0] == 0x8b && is_register)
        registers->holds[reg] = rex & 8 ? registers->holds[rm] : NOTHING;
    else if (writes_reg(at[0]))
        registers->holds[reg] = NOTHING;
    else if (is_register && writes_rm(at[0], at[1] >> 3 & 7))
        registers->holds[rm] = NOTHING;
}

/* The register that calls preserve; 0: in none. */
static uint8_t holder_of(const struct registers *registers, enum argument argument)
{
    for (unsigned i = 0; i < REGISTERS; i++) {
        if (is_preserved(i) && registers->holds[i] == argument)
            return (uint8_t)i;
    }
    return 0;
}

/* ---- the end of a read ---------------------------------------------------------------------- */

static bool is_jump_if(const uint8_t *code, size_t left)
{
    return left >= 2 && ((code[0] & 0xf0) == 0x70 || (code[0] == 0x0f && (code[1] & 0xf0) == 0x80));
}

static bool is_indirect_call(const uint8_t *code, size_t left)
{
    size_t at = left >= 3 && code[0] == 0x41 ? 1 : 0;

    return left >= 2 && code[at] == 0xff && (code[at + 1] >> 3 & 7) == 2;
}

static uint64_t jump_target(uint64_t address, const uint8_t *code, size_t length)
{
    int32_t distance;

    memcpy(&distance, code + 1, sizeof(distance));
    return address + length + (uint64_t)(int64_t)distance;
}

/*
 * `ret = s->method->ssl_read_bytes(...); if (ret == -1 && ...)`: the jump behind the first
 * comparison with -1 behind the first indirect call. *tail: instead it goes on there; 0: nowhere.
 */
static uint64_t find_end(const struct cs_image *image, uint64_t function,
                         struct registers *registers, uint64_t *tail)
{
    uint8_t code[BODY_BYTES];
    size_t bytes = cs_image_read_code(image, function, code, sizeof(code));
    bool has_called = false;

    *tail = 0;
    for (size_t at = 0, length; at < bytes; at += length) {
        length = cs_decode_bytes(code + at, bytes - at);
        if (length == 0 || code[at] == 0xc3)
            return 0;
        if (code[at] == 0xe9 && !has_called) {
            *tail = jump_target(function + at, code + at, length);
            return 0;
        }
        follow(registers, code + at, length);
        has_called |= is_indirect_call(code + at, length);
        if (has_called && BEGINS(code + at, length, is_minus_one) &&
            is_jump_if(code + at + length, bytes - at - length))
            return function + at + length;
    }
    return 0;
}

static void find_read(const struct cs_image *image, uint64_t function, struct cs_plain *plain)
{
    struct registers registers = {.holds = {[RDI] = SSL, [RSI] = DATA, [RCX] = LENGTH_AT}};
    uint64_t tail;

    plain->read_end = find_end(image, function, &registers, &tail);
    if (tail)
        plain->read_end = find_end(image, tail, &registers, &tail);
    plain->ssl = holder_of(&registers, SSL);
    plain->data = holder_of(&registers, DATA);
    plain->length_at = holder_of(&registers, LENGTH_AT);
}

/* The field of its only argument that a function returns: the first load of the kind
 * `mov displacement(%rdi),%eax`. 0: there is none. */
static uint16_t find_field(const struct cs_image *image, uint64_t function)
{
    uint8_t code[FIELD_BYTES];
    size_t bytes = function ? cs_image_read_code(image, function, code, sizeof(code)) : 0;

    for (size_t at = 0, length; at < bytes; at += length) {
        uint32_t displacement = 0;

        length = cs_decode_bytes(code + at, bytes - at);
        if (length == 0)
            return 0;
        if (code[at] != 0x8b)
            continue;
        if (length == 3 && code[at + 1] == 0x47)
            displacement = code[at + 2];
        else if (length == 6 && code[at + 1] == 0x87)
            memcpy(&displacement, code + at + 2, sizeof(displacement));
        if (displacement)
            return displacement <= FIELD_OFFSET_MAX ? (uint16_t)displacement : 0;
    }
    return 0;
}

int cs_plain_find(const struct cs_image *image, const struct cs_method *method,
                  const struct cs_plain_fields *fields, struct cs_plain *plain)
{
    struct cs_plain found = {0};

    if (image->machine != EM_X86_64 || !method->read || !method->write)
        return -ENOENT;
    find_read(image, method->read, &found);
    found.write = cheap_place(image, method->write, 3);
    found.want_offset = find_field(image, fields->want);
    found.state_offset = find_field(image, fields->state);
    if (!found.read_end || !found.ssl || !found.data || !found.length_at || !found.write ||
        !found.want_offset || !found.state_offset)
        return -ENOENT;
    *plain = found;
    return 0;
}
