/* SPDX-License-Identifier: MIT */
/* By the opcode map of Intel's SDM, volume 2, appendix A, as far as it goes here. */
#include "user/elf/decode.h"

/* What follows an opcode: operands in memory or registers (ModRM), an immediate of so many bytes.
 */
struct shape {
    bool is_known;
    bool has_operand;
    uint8_t immediate_bytes;
};

/* The arithmetic block: eight operations, of each the forms 0 to 3 have operands. */
static bool is_arithmetic(uint8_t opcode)
{
    return opcode < 0x40 && (opcode & 7) < 4;
}

static struct shape operand(uint8_t immediate_bytes)
{
    return (struct shape){true, true, immediate_bytes};
}

static struct shape plain(uint8_t immediate_bytes)
{
    return (struct shape){true, false, immediate_bytes};
}

static struct shape shape_of_two(uint8_t opcode)
{
    if ((opcode & 0xf0) == 0x80) /* jcc rel32 */
        return plain(4);
    if ((opcode & 0xf0) == 0x40 || (opcode & 0xf0) == 0x90) /* cmovcc, setcc */
        return operand(0);
    switch (opcode) {
    case 0x1e: /* endbr64, with its prefix */
    case 0x1f: /* nop */
    case 0x10: /* movups, movaps, movd, movq: loads and stores of SSE */
    case 0x11:
    case 0x28:
    case 0x29:
    case 0x57:
    case 0x6e:
    case 0x6f:
    case 0x7f:
    case 0xaf: /* imul */
    case 0xb6: /* movzx, movsx */
    case 0xb7:
    case 0xbe:
    case 0xbf:
    case 0xd6:
    case 0xef:
        return operand(0);
    default:
        return (struct shape){0};
    }
}

/* Test has an immediate, the others of its group have none. */
static struct shape shape_of_unary(uint8_t opcode, uint8_t modrm)
{
    bool is_test = (modrm >> 3 & 7) < 2;

    return operand(is_test ? (opcode == 0xf7 ? 4 : 1) : 0);
}

static struct shape shape_of_one(uint8_t opcode, uint8_t next, uint8_t rex)
{
    if (is_arithmetic(opcode) || (opcode >= 0x84 && opcode <= 0x8b))
        return operand(0);
    if (opcode < 0x40 && (opcode & 6) == 4) /* arithmetic on %al, %eax */
        return plain(opcode & 1 ? 4 : 1);
    if ((opcode & 0xf0) == 0x50) /* push, pop */
        return plain(0);
    if ((opcode & 0xf0) == 0x70) /* jcc rel8 */
        return plain(1);
    if ((opcode & 0xf8) == 0xb8) /* mov $imm,reg */
        return plain(rex & 8 ? 8 : 4);
    switch (opcode) {
    case 0x63: /* movslq */
    case 0x8d: /* lea */
    case 0xd1: /* shifts by one and by %cl */
    case 0xd3:
    case 0xff: /* inc, dec, call, jmp, push */
        return operand(0);
    case 0x6b: /* imul $imm8, arithmetic, shifts, mov */
    case 0x80:
    case 0x83:
    case 0xc0:
    case 0xc1:
    case 0xc6:
        return operand(1);
    case 0x69: /* the same with $imm32 */
    case 0x81:
    case 0xc7:
        return operand(4);
    case 0xf6:
    case 0xf7:
        return shape_of_unary(opcode, next);
    case 0xe8: /* call, jmp */
    case 0xe9:
    case 0xa9: /* test */
        return plain(4);
    case 0xa8:
    case 0xeb: /* jmp */
        return plain(1);
    case 0x90: /* nop, ret, leave, cltq, cltd */
    case 0x98:
    case 0x99:
    case 0xc3:
    case 0xc9:
        return plain(0);
    default:
        return (struct shape){0};
    }
}

size_t cs_decode_operand_bytes(const uint8_t *at)
{
    uint8_t mod = at[0] >> 6;
    uint8_t rm = at[0] & 7;
    size_t bytes = 1;

    if (mod == 3)
        return bytes;
    if (rm == 4)
        bytes += mod == 0 && (at[1] & 7) == 5 ? 5 : 1;
    else if (mod == 0 && rm == 5)
        bytes += 4;
    return bytes + (mod == 1 ? 1 : mod == 2 ? 4 : 0);
}

bool cs_decode_is_prefix(uint8_t byte)
{
    return byte == 0x66 || byte == 0xf2 || byte == 0xf3 || byte == 0x2e || byte == 0x3e ||
           byte == 0x64;
}

static size_t prefix_bytes(const uint8_t *code, size_t left)
{
    size_t at = 0;

    while (at < left && cs_decode_is_prefix(code[at]))
        at++;
    return at;
}

size_t cs_decode_bytes(const uint8_t *code, size_t left)
{
    size_t at = prefix_bytes(code, left);
    bool is_short = at && code[0] == 0x66; /* immediates of 16 bits: not worth knowing */
    uint8_t rex = 0;
    struct shape shape;

    if (at < left && (code[at] & 0xf0) == 0x40)
        rex = code[at++];
    if (left < at + 3) /* opcode, ModRM, SIB; no function ends so near */
        return 0;
    if (code[at] == 0x0f)
        shape = shape_of_two(code[++at]);
    else
        shape = shape_of_one(code[at], code[at + 1], rex);
    at++;
    if (!shape.is_known || (is_short && shape.immediate_bytes == 4) || left < at + 2)
        return 0;
    if (shape.has_operand)
        at += cs_decode_operand_bytes(code + at);
    at += shape.immediate_bytes;
    return at <= left ? at : 0;
}
