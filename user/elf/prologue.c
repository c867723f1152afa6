/* SPDX-License-Identifier: MIT */
/*
 * What is emulated: branch_setup_xol_ops() and push_setup_xol_ops() of arch/x86/kernel/uprobes.c
 * (push since 5.0), aarch64's simulate-insn.c. What may be stepped over to get there: instructions
 * that neither branch, nor store, nor touch the wanted arguments or the stack pointer. The table is
 * no disassembler: an opcode that is not in it ends the search.
 */
#include "user/elf/prologue.h"

#include "user/elf/decode.h"

#include <elf.h>
#include <string.h>

enum { RCX = 1, RDX = 2, RSP = 4, RSI = 6, RDI = 7 };

enum effect {
    FLAGS,   /* compares */
    TO_REG,  /* writes ModRM.reg */
    TO_RM,   /* writes ModRM.rm, taken only where that is a register */
    DIGIT_0, /* compares if ModRM.reg is 0 */
    DIGIT_7, /* compares if ModRM.reg is 7 */
};

struct opcode {
    uint8_t byte;
    uint8_t immediate_bytes;
    enum effect effect;
};

static const struct opcode opcodes[] = {
    {0x31, 0, TO_RM},  /* xor reg,r/m */
    {0x33, 0, TO_REG}, /* xor r/m,reg */
    {0x38, 0, FLAGS},  /* cmp, four forms */
    {0x39, 0, FLAGS},   {0x3a, 0, FLAGS},   {0x3b, 0, FLAGS},
    {0x80, 1, DIGIT_7},                                       /* cmp $imm,r/m, three forms */
    {0x81, 4, DIGIT_7}, {0x83, 1, DIGIT_7}, {0x84, 0, FLAGS}, /* test, two forms */
    {0x85, 0, FLAGS},   {0x89, 0, TO_RM},                     /* mov reg,r/m */
    {0x8b, 0, TO_REG},                                        /* mov r/m,reg */
    {0x8d, 0, TO_REG},                                        /* lea */
    {0xf6, 1, DIGIT_0},                                       /* test $imm,r/m, two forms */
    {0xf7, 4, DIGIT_0},
};

/* Of ModRM and what belongs to it; 0 = cut off. */
static size_t operand_bytes(const uint8_t *at, size_t left)
{
    return left < 2 ? left : cs_decode_operand_bytes(at);
}

/* System V ABI for AMD64, 3.2.3. */
static bool is_kept(unsigned number, unsigned arguments)
{
    static const uint8_t registers[] = {RDI, RSI, RDX, RCX};

    for (size_t i = 0; i < arguments && i < sizeof(registers); i++) {
        if (registers[i] == number)
            return true;
    }
    return number == RSP;
}

static bool is_harmless(const struct opcode *opcode, uint8_t rex, uint8_t modrm, unsigned arguments)
{
    unsigned reg = (modrm >> 3 & 7) | (rex & 4 ? 8 : 0);
    unsigned rm = (modrm & 7) | (rex & 1 ? 8 : 0);

    switch (opcode->effect) {
    case FLAGS:
        return true;
    case TO_REG:
        return !is_kept(reg, arguments);
    case TO_RM:
        return modrm >> 6 == 3 && !is_kept(rm, arguments);
    case DIGIT_0:
        return (modrm >> 3 & 7) == 0;
    case DIGIT_7:
        return (modrm >> 3 & 7) == 7;
    }
    return false;
}

/* Length of a multi-byte nop: `66* 2e? 0f 1f /0`; 0 = something else. */
static size_t x86_nop_bytes(const uint8_t *code, size_t left)
{
    size_t at = 0;

    while (at < left && (code[at] == 0x66 || code[at] == 0x2e))
        at++;
    if (left - at < 4 || code[at] != 0x0f || code[at + 1] != 0x1f)
        return 0;
    return at + 2 + operand_bytes(code + at + 2, left - at - 2);
}

/* Length of an instruction that may be stepped over; 0 = it may not. */
static size_t x86_skip_bytes(const uint8_t *code, size_t left, unsigned arguments)
{
    static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
    uint8_t rex = 0;
    size_t at = 0;

    if (left >= sizeof(endbr64) && !memcmp(code, endbr64, sizeof(endbr64)))
        return sizeof(endbr64);
    if (x86_nop_bytes(code, left))
        return x86_nop_bytes(code, left);
    if (left > 0 && (code[0] & 0xf0) == 0x40)
        rex = code[at++];
    if (left - at < 2)
        return 0;
    if ((code[at] & 0xf8) == 0xb8 && !(rex & 8)) /* mov $imm32,reg */
        return is_kept((code[at] & 7) | (rex & 1 ? 8 : 0), arguments) ? 0 : at + 5;
    for (size_t i = 0; i < sizeof(opcodes) / sizeof(*opcodes); i++) {
        if (opcodes[i].byte == code[at] && is_harmless(&opcodes[i], rex, code[at + 1], arguments))
            return at + 1 + operand_bytes(code + at + 1, left - at - 1) +
                   opcodes[i].immediate_bytes;
    }
    return 0;
}

static bool x86_is_emulated(const uint8_t *code, size_t left)
{
    if (left >= 2 && code[0] == 0x41)
        return (code[1] & 0xf8) == 0x50; /* push %r8 to %r15 */
    if (left >= 2 && code[0] == 0x0f)
        return (code[1] & 0xf0) == 0x80; /* jcc rel32 */
    if (left < 1)
        return false;
    return (code[0] & 0xf8) == 0x50 ||                              /* push */
           (code[0] & 0xf0) == 0x70 ||                              /* jcc rel8 */
           code[0] == 0xe8 || code[0] == 0xe9 || code[0] == 0xeb || /* call, jmp */
           code[0] == 0x90;                                         /* nop */
}

static bool arm_is_emulated(uint32_t word)
{
    return (word & 0x7c000000) == 0x14000000 || /* b, bl */
           (word & 0xff000010) == 0x54000000 || /* b.cond */
           (word & 0x7e000000) == 0x34000000 || /* cbz, cbnz */
           (word & 0x7e000000) == 0x36000000;   /* tbz, tbnz */
}

static bool arm_may_skip(uint32_t word, unsigned arguments)
{
    if ((word & 0xfffff01f) == 0xd503201f) /* hints: nop, bti, paciasp */
        return true;
    if ((word & 0x7f80001f) == 0x7100001f) /* cmp reg, #imm */
        return true;
    if ((word & 0x7f800000) == 0x52800000 || (word & 0xbfc00000) == 0xb9400000)
        return (word & 0x1f) >= arguments; /* mov reg, #imm; ldr reg, [..]: no argument */
    return false;
}

static struct cs_prologue choose_x86(const uint8_t *code, size_t bytes, unsigned arguments)
{
    for (size_t at = 0, length; at < bytes; at += length) {
        if (x86_is_emulated(code + at, bytes - at))
            return (struct cs_prologue){(uint8_t)at, false};
        length = x86_skip_bytes(code + at, bytes - at, arguments);
        if (!length)
            break;
    }
    return (struct cs_prologue){0, true};
}

static struct cs_prologue choose_arm(const uint8_t *code, size_t bytes, unsigned arguments)
{
    for (size_t at = 0; at + 4 <= bytes; at += 4) {
        uint32_t word;

        memcpy(&word, code + at, sizeof(word));
        if (arm_is_emulated(word))
            return (struct cs_prologue){(uint8_t)at, false};
        if (!arm_may_skip(word, arguments))
            break;
    }
    return (struct cs_prologue){0, true};
}

struct cs_prologue cs_prologue_choose(uint16_t machine, const uint8_t *code, size_t bytes,
                                      unsigned arguments)
{
    if (bytes > UINT8_MAX)
        bytes = UINT8_MAX;
    return machine == EM_X86_64 ? choose_x86(code, bytes, arguments)
                                : choose_arm(code, bytes, arguments);
}
