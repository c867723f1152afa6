/* SPDX-License-Identifier: MIT */
/* The same in OpenSSL 1.1.1 to 3.5 as Debian builds them, and inside node. */
#include "user/elf/plain.h"

#include <errno.h>
#include <string.h>

#include "user/elf/decode.h"
#include "user/elf/prologue.h"

enum { PROLOGUE_BYTES = 32, BODY_BYTES = 320, FIELD_BYTES = 64, FIELD_OFFSET_MAX = 0x7fff };
enum { RAX = 0, RCX = 1, RBX = 3, RBP = 5, RSI = 6, RDI = 7, R12 = 12 };
enum { REGISTERS = 16, NO_REGISTER, ANY_REGISTER };

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

/* What an instruction says of the registers it works on; by their numbers as in struct cs_plain. */
struct instruction {
    uint8_t opcode; /* the second byte of those of two */
    bool is_two;
    bool is_wide;     /* of 64 bits */
    bool is_register; /* ModRM.rm is one, no memory */
    uint8_t digit;    /* ModRM.reg as part of the opcode */
    uint8_t reg;
    uint8_t rm;
    uint8_t low; /* in the opcode itself */
};

static struct instruction parse(const uint8_t *code)
{
    uint8_t rex = 0;
    bool is_narrow = false;
    struct instruction parsed = {0};

    for (; cs_decode_is_prefix(*code); code++)
        is_narrow |= *code == 0x66;
    if ((*code & 0xf0) == 0x40)
        rex = *code++;
    parsed.is_two = *code == 0x0f;
    code += parsed.is_two;
    parsed.opcode = *code;
    parsed.is_wide = rex & 8 && !is_narrow;
    parsed.is_register = code[1] >> 6 == 3;
    parsed.digit = code[1] >> 3 & 7;
    parsed.reg = (uint8_t)(parsed.digit | (rex & 4) << 1);
    parsed.rm = (uint8_t)((code[1] & 7) | (rex & 1) << 3);
    parsed.low = (uint8_t)((*code & 7) | (rex & 1) << 3);
    return parsed;
}

/* cmovcc, imul, movzx, movsx; setcc. The others of this map are of SSE, or write nothing. */
static unsigned target_of_two(const struct instruction *of)
{
    if ((of->opcode & 0xf0) == 0x40 || of->opcode == 0xaf || (of->opcode & 0xf6) == 0xb6)
        return of->reg;
    return (of->opcode & 0xf0) == 0x90 && of->is_register ? of->rm : NO_REGISTER;
}

/* Which arithmetic and moves write: their ModRM.reg, their ModRM.rm, or %eax. */
static unsigned target_of_arithmetic(const struct instruction *of)
{
    unsigned rm = of->is_register ? of->rm : NO_REGISTER;

    if (of->opcode >= 0x38 && of->opcode < 0x40) /* cmp */
        return NO_REGISTER;
    if (of->opcode >= 0x80 && of->opcode <= 0x83)
        return of->digit == 7 ? NO_REGISTER : rm;
    if (of->opcode < 0x38 && (of->opcode & 4))
        return RAX;
    return of->opcode & 2 ? of->reg : rm;
}

/* The general register that it writes; NO_REGISTER: none; ANY_REGISTER: not known. */
static unsigned target_of(const struct instruction *of)
{
    unsigned rm = of->is_register ? of->rm : NO_REGISTER;

    if (of->is_two)
        return target_of_two(of);
    if ((of->opcode & 0xf8) == 0x58 || (of->opcode & 0xf8) == 0xb8) /* pop, mov $imm */
        return of->low;
    if (of->opcode < 0x40 || (of->opcode >= 0x80 && of->opcode <= 0x83) ||
        (of->opcode >= 0x88 && of->opcode <= 0x8b))
        return target_of_arithmetic(of);
    switch (of->opcode) {
    case 0x63: /* movslq, imul, lea */
    case 0x69:
    case 0x6b:
    case 0x8d:
        return of->reg;
    case 0xc0: /* shifts, mov $imm */
    case 0xc1:
    case 0xd1:
    case 0xd3:
    case 0xc6:
    case 0xc7:
        return rm;
    case 0xff: /* inc, dec; the others are call, jmp, push */
        return of->digit < 2 ? rm : NO_REGISTER;
    case 0xf6: /* test, not, neg, mul, div */
    case 0xf7:
        return of->digit < 2 ? NO_REGISTER : of->digit < 4 ? rm : ANY_REGISTER;
    case 0x86: /* xchg, cltq, cltd, leave */
    case 0x87:
    case 0x98:
    case 0x99:
    case 0xc9:
        return ANY_REGISTER;
    default:
        return NO_REGISTER;
    }
}

static bool is_call(const struct instruction *of)
{
    return !of->is_two && (of->opcode == 0xe8 || (of->opcode == 0xff && of->digit == 2));
}

/* Follows one instruction: a copy of a whole register hands on what that held. */
static void follow(struct registers *registers, const uint8_t *code)
{
    struct instruction of = parse(code);
    bool is_copy = !of.is_two && of.is_wide && of.is_register;
    enum argument moved = NOTHING;
    unsigned target = target_of(&of);

    if (is_copy && of.opcode == 0x89)
        moved = registers->holds[of.reg];
    else if (is_copy && of.opcode == 0x8b)
        moved = registers->holds[of.rm];
    if (target < REGISTERS)
        registers->holds[target] = moved;
    for (unsigned i = 0; i < REGISTERS; i++) {
        if (target == ANY_REGISTER || (is_call(&of) && !is_preserved(i)))
            registers->holds[i] = NOTHING;
    }
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
        follow(registers, code + at);
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
