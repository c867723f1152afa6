/* SPDX-License-Identifier: MIT */
/* Lengths of instructions as compilers write them; what follows must not matter. */
#include "user/elf/decode.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CODE_BYTES = 32 };

static const struct {
    const char *hex;
    size_t bytes;
} rows[] = {
    {"55", 1},                    /* push %rbp */
    {"4156", 2},                  /* push %r14 */
    {"4989c8", 3},                /* mov %rcx,%r8 */
    {"31c9", 2},                  /* xor %ecx,%ecx */
    {"e906ffffff", 5},            /* jmp */
    {"eb93", 2},                  /* jmp */
    {"e8305affff", 5},            /* call */
    {"3effe0", 3},                /* notrack jmp *%rax */
    {"ff5068", 3},                /* call *0x68(%rax) */
    {"ff9080000000", 6},          /* call *0x80(%rax) */
    {"41ffd4", 3},                /* call *%r12 */
    {"83f8ff", 3},                /* cmp $-1,%eax */
    {"7428", 2},                  /* je */
    {"0f85a5000000", 6},          /* jne */
    {"c70000000000", 6},          /* movl $0,(%rax) */
    {"c78301000000d8010000", 10}, /* movl $imm,disp32(%rbx) */
    {"488b05efbe0000", 7},        /* mov disp32(%rip),%rax */
    {"64488b042528000000", 9},    /* mov %fs:0x28,%rax */
    {"4889442408", 5},            /* mov %rax,8(%rsp) */
    {"8944241c", 4},              /* mov %eax,0x1c(%rsp) */
    {"8d0c8500000000", 7},        /* lea 0(,%rax,4),%ecx */
    {"488b0425efbe0000", 8},      /* mov 0xbeef,%rax */
    {"f6473002", 4},              /* testb $2,0x30(%rdi) */
    {"f7472002000000", 7},        /* testl $2,0x20(%rdi) */
    {"f7d8", 2},                  /* neg %eax */
    {"a880", 2},                  /* test $0x80,%al */
    {"3d05050000", 5},            /* cmp $0x505,%eax */
    {"48b8efbeaddeefbeadde", 10}, /* mov $imm64,%rax */
    {"be17000000", 5},            /* mov $0x17,%esi */
    {"f30f1efa", 4},              /* endbr64 */
    {"0f1f440000", 5},            /* nop */
    {"662e0f1f840000000000", 10}, /* cs nopw */
    {"0fb64701", 4},              /* movzbl 1(%rdi),%eax */
    {"0f94c0", 3},                /* sete %al */
    {"4863d2", 3},                /* movslq %edx,%rdx */
    {"c3", 1},                    /* ret */
    {"66c7000500", 0},            /* an immediate of 16 bits */
    {"0f05", 0},                  /* syscall */
    {"c5f877", 0},                /* vzeroupper */
    {"d9e8", 0},                  /* x87 */
    {"cc", 0},                    /* int3 */
};

static size_t unhex(const char *hex, uint8_t *code)
{
    size_t bytes = strlen(hex) / 2;

    for (size_t i = 0; i < bytes; i++)
        sscanf(hex + 2 * i, "%2hhx", &code[i]);
    return bytes;
}

Test(decode, knows_what_compilers_write)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t code[CODE_BYTES];

        for (int filler = 0; filler < 256; filler += 85) {
            memset(code, filler, sizeof(code));
            unhex(rows[i].hex, code);
            cr_expect_eq(cs_decode_bytes(code, sizeof(code)), rows[i].bytes, "%s", rows[i].hex);
        }
    }
}

Test(decode, does_not_read_on)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t code[CODE_BYTES] = {0};
        size_t bytes = unhex(rows[i].hex, code);

        for (size_t left = 0; left < bytes; left++) {
            uint8_t *exact = memcpy(malloc(left + 1), code, left);

            cr_expect_eq(cs_decode_bytes(exact, left), 0, "%s: %zu", rows[i].hex, left);
            free(exact);
        }
    }
}
