/* SPDX-License-Identifier: MIT */
/*
 * Shapes seen: x86-64 `lea X(%rip),%rax; ret`, in a program that is not position-independent
 * `mov $X,%eax; ret`; arm64 `adrp x0; add x0; ret`, gcc's section anchors add twice. Around them
 * the landing pads of CET and BTI, and a frame pointer where the distribution wants one in leaves.
 */
#include "user/elf/returned.h"

#include <elf.h>
#include <string.h>

struct pattern {
    uint8_t length;
    uint8_t bytes[4];
};

static const struct pattern x86_idle[] = {
    {4, {0xf3, 0x0f, 0x1e, 0xfa}}, /* endbr64 */
    {1, {0x55}},                   /* push %rbp */
    {3, {0x48, 0x89, 0xe5}},       /* mov %rsp,%rbp */
    {1, {0x5d}},                   /* pop %rbp */
};

static size_t x86_idle_length(const uint8_t *code, size_t bytes)
{
    for (size_t i = 0; i < sizeof(x86_idle) / sizeof(*x86_idle); i++) {
        if (bytes >= x86_idle[i].length && !memcmp(code, x86_idle[i].bytes, x86_idle[i].length))
            return x86_idle[i].length;
    }
    return 0;
}

static bool x86_returned(const uint8_t *code, size_t bytes, uint64_t vaddr, uint64_t *address)
{
    static const uint8_t lea[] = {0x48, 0x8d, 0x05};
    uint64_t rax = 0;

    for (size_t at = 0, length; at < bytes; at += length) {
        uint32_t operand;

        length = x86_idle_length(code + at, bytes - at);
        if (length)
            continue;
        if (code[at] == 0xc3) { /* ret */
            *address = rax ? rax : *address;
            return rax != 0;
        }
        if (bytes - at >= 7 && !memcmp(code + at, lea, sizeof(lea))) {
            length = 7;
            memcpy(&operand, code + at + 3, sizeof(operand));
            rax = vaddr + at + length + (uint64_t)(int64_t)(int32_t)operand;
        } else if (bytes - at >= 5 && code[at] == 0xb8) { /* mov $X,%eax */
            length = 5;
            memcpy(&operand, code + at + 1, sizeof(operand));
            rax = operand;
        } else {
            return false;
        }
    }
    return false;
}

static bool arm_is_idle(uint32_t word)
{
    return (word & 0xfffff01f) == 0xd503201f || /* hints: nop, bti, paciasp, autiasp */
           word == 0xa9bf7bfd ||                /* stp x29, x30, [sp, #-16]! */
           word == 0x910003fd ||                /* mov x29, sp */
           word == 0xa8c17bfd;                  /* ldp x29, x30, [sp], #16 */
}

/* The signed 21-bit operand of adr and adrp: immhi:immlo. */
static uint64_t arm_page_operand(uint32_t word)
{
    uint64_t value = (word >> 3 & 0x1ffffc) | (word >> 29 & 3);

    return value & 0x100000 ? value - 0x200000 : value;
}

static bool arm_returned(const uint8_t *code, size_t bytes, uint64_t vaddr, uint64_t *address)
{
    uint64_t x0 = 0;

    for (size_t at = 0; at + 4 <= bytes; at += 4) {
        uint32_t word;

        memcpy(&word, code + at, sizeof(word));
        if (arm_is_idle(word))
            continue;
        if (word == 0xd65f03c0 || word == 0xd65f0bff) { /* ret, retaa */
            *address = x0 ? x0 : *address;
            return x0 != 0;
        }
        if ((word & 0x9f00001f) == 0x90000000) /* adrp x0 */
            x0 = ((vaddr + at) & ~0xfffULL) + (arm_page_operand(word) << 12);
        else if ((word & 0x9f00001f) == 0x10000000) /* adr x0 */
            x0 = vaddr + at + arm_page_operand(word);
        else if ((word & 0xff8003ff) == 0x91000000 && x0) /* add x0, x0, #imm{, lsl #12} */
            x0 += (uint64_t)(word >> 10 & 0xfff) << (word >> 22 & 1 ? 12 : 0);
        else
            return false;
    }
    return false;
}

bool cs_returned_address(uint16_t machine, const uint8_t *code, size_t bytes, uint64_t vaddr,
                         uint64_t *address)
{
    if (machine == EM_X86_64)
        return x86_returned(code, bytes, vaddr, address);
    if (machine == EM_AARCH64)
        return arm_returned(code, bytes, vaddr, address);
    return false;
}
