/* SPDX-License-Identifier: MIT */
/* Rows are the first bytes of real functions, and of functions made to be refused. */
#include "user/elf/prologue.h"

#include <criterion/criterion.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row {
    const char *name;
    uint16_t machine;
    const char *hex;
    uint8_t offset;
    bool dear;
    unsigned arguments; /* 0: one */
};

static const struct row rows[] = {
    {"3.0 SSL_do_handshake", EM_X86_64, "53 4883ec30 64488b042528000000", 0, false},
    {"3.0 statem connect", EM_X86_64, "31f6 e9d9f0ffff", 2, false},
    {"3.0 statem accept", EM_X86_64, "be01000000 e9c6f0ffff", 5, false},
    {"3.0 SSL_free", EM_X86_64, "4885ff 0f8497030000 4155", 3, false},
    {"3.0 SSL_connect", EM_X86_64, "48837f3000 7409 e9d486feff", 5, false},
    {"3.0 SSL_CTX_new changes rdi", EM_X86_64, "4889fa 31f6 31ff e9a432feff", 0, true},
    {"3.0 SSL_read", EM_X86_64, "4883ec18 85d2 7814", 0, true},
    {"3.5 SSL_do_handshake", EM_X86_64, "f30f1efa 55 53 4883ec38", 4, false},
    {"3.5 statem connect", EM_X86_64, "f30f1efa 4885ff 743e 8b07 85c0", 7, false},
    {"3.5 SSL_free", EM_X86_64, "f30f1efa 4885ff 746f 53", 7, false},
    {"1.1.1 statem connect", EM_X86_64, "837f4801 740a 31f6 e993f1ffff", 4, false},
    {"push of a high register", EM_X86_64, "4154 55", 0, false},
    {"nop of five bytes first", EM_X86_64, "0f1f440000 55", 5, false},
    {"nop of nine bytes first", EM_X86_64, "660f1f840000000000 55", 9, false},
    {"cs nopw", EM_X86_64, "662e0f1f840000000000 55", 10, false},
    {"mov rdi elsewhere", EM_X86_64, "4889fb 55", 3, false},
    {"mov r15 to rbp", EM_X86_64, "4c89fd 55", 3, false},
    {"mov rax to r15 is no rdi", EM_X86_64, "4989c7 55", 3, false},
    {"mov rax to rdi", EM_X86_64, "4889c7 55", 0, true},
    {"load into rdi", EM_X86_64, "488b7f30 55", 0, true},
    {"load through sib, disp32", EM_X86_64, "488b84f700010000 55", 8, false},
    {"load rip-relative", EM_X86_64, "488b0510203000 55", 7, false},
    {"store to memory", EM_X86_64, "48897718 55", 0, true},
    {"add is no compare", EM_X86_64, "83470801 55", 0, true},
    {"cmp with imm32", EM_X86_64, "817f4800010000 74", 7, false},
    {"mov into edi", EM_X86_64, "bf01000000 55", 0, true},
    {"mov into r15d", EM_X86_64, "41bf01000000 55", 6, false},
    {"movabs is not known", EM_X86_64, "48b80102030405060708 55", 0, true},
    {"ret", EM_X86_64, "c3", 0, true},
    {"cut off", EM_X86_64, "48", 0, true},
    {"cut off in an operand", EM_X86_64, "4885ff 8b84", 0, true},
    {"nothing", EM_X86_64, "", 0, true},
    {"arm64 3.0 SSL_free", EM_AARCH64, "401800b4 fd7bbda9", 0, false},
    {"arm64 3.5 SSL_free", EM_AARCH64, "5f2403d5 800500b4 3f2303d5", 4, false},
    {"arm64 3.0 SSL_do_handshake", EM_AARCH64, "ff4301d1 c1030090", 0, true},
    {"arm64 mov w1; b", EM_AARCH64, "01008052 00010014", 4, false},
    {"arm64 mov w0; b", EM_AARCH64, "00008052 00010014", 0, true},
    {"3.0 SSL_set_fd", EM_X86_64, "4154 4189f4 55", 0, false, 2},
    {"one argument, esi is free", EM_X86_64, "31f6 55", 2, false, 1},
    {"two arguments, esi is not", EM_X86_64, "31f6 55", 0, true, 2},
    {"mov to esi", EM_X86_64, "be01000000 55", 0, true, 2},
    {"two arguments, edx is free", EM_X86_64, "31d2 55", 2, false, 2},
    {"four arguments, edx is not", EM_X86_64, "31d2 55", 0, true, 4},
    {"four arguments, ecx is not", EM_X86_64, "31c9 55", 0, true, 4},
    {"arm64 mov w1; b, two arguments", EM_AARCH64, "01008052 00010014", 0, true, 2},
    {"arm64 mov w4; b, four arguments", EM_AARCH64, "04008052 00010014", 4, false, 4},
    {"arm64 cut off", EM_AARCH64, "010080", 0, true},
};

static size_t from_hex(const char *hex, uint8_t *out)
{
    size_t count = 0;

    for (; *hex; hex += 2) {
        while (*hex == ' ')
            hex++;
        cr_assert_eq(sscanf(hex, "%2hhx", &out[count]), 1);
        count++;
    }
    return count;
}

Test(prologue, chooses_the_cheap_instruction)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        uint8_t code[32];
        size_t bytes = from_hex(rows[i].hex, code);
        struct cs_prologue chosen = cs_prologue_choose(rows[i].machine, code, bytes,
                                                       rows[i].arguments ? rows[i].arguments : 1);

        cr_expect_eq(chosen.offset, rows[i].offset, "%s: +%u", rows[i].name, chosen.offset);
        cr_expect_eq(chosen.dear, rows[i].dear, "%s", rows[i].name);
    }
}

/* Whatever the bytes, no step leaves the buffer: the sanitizers watch. */
Test(prologue, survives_any_bytes)
{
    uint32_t state = 1;

    for (int round = 0; round < 200000; round++) {
        uint8_t code[16];
        size_t bytes = (size_t)round % sizeof(code);
        uint8_t *exact = malloc(bytes + 1);

        for (size_t i = 0; i < sizeof(code); i++) {
            state = state * 1664525 + 1013904223;
            code[i] = (uint8_t)(state >> 24);
        }
        memcpy(exact, code, bytes);
        exact = realloc(exact, bytes ? bytes : 1);
        cr_assert_lt(cs_prologue_choose(EM_X86_64, exact, bytes, 1).offset, 16);
        cr_assert_lt(cs_prologue_choose(EM_AARCH64, exact, bytes, 1).offset, 16);
        free(exact);
    }
}
