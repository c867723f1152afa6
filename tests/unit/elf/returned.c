/* SPDX-License-Identifier: MIT */
/* Rows are real functions of OpenSSL 3.0 and 3.5, of node, and some made to be refused. */
#include "user/elf/returned.h"

#include <criterion/criterion.h>
#include <elf.h>
#include <stdio.h>

struct row {
    const char *name;
    uint16_t machine;
    uint64_t vaddr;
    const char *hex;
    uint64_t address; /* 0 = refused */
};

static const struct row rows[] = {
    {"3.0", EM_X86_64, 0x250e0, "488d05f9d00700 c3", 0xa21e0},
    {"3.5 with endbr64", EM_X86_64, 0x2aca0, "f30f1efa 488d05f5b50d00 c3", 0x1062a0},
    {"frame pointer", EM_X86_64, 0x1000, "f30f1efa 55 488d05f0ffffff 4889e5 5d c3", 0xffc},
    {"node, no PIE", EM_X86_64, 0x1a58b00, "b8e046d402 c3", 0x2d446e0},
    {"a call in it", EM_X86_64, 0x1000, "488d05f9d00700 e800000000 c3", 0},
    {"returns nothing known", EM_X86_64, 0x1000, "f30f1efa c3", 0},
    {"no end", EM_X86_64, 0x1000, "488d05f9d00700", 0},
    {"cut off", EM_X86_64, 0x1000, "488d05f9d0", 0},
    {"arm64 3.0, added twice", EM_AARCH64, 0x255d0, "200400f0 00600f91 00002391 c0035fd6", 0xacc98},
    {"arm64 3.5 with bti", EM_AARCH64, 0x2b6e0, "5f2403d5 80070090 00e01091 00c02691 c0035fd6",
     0x11bde8},
    {"arm64 frame", EM_AARCH64, 0x1000,
     "3f2303d5 fd7bbfa9 fd030091 00000090 00400091 fd7bc1a8 bf2303d5 c0035fd6", 0x1010},
    {"arm64 adr, backwards", EM_AARCH64, 0x1000, "e0ffff10 c0035fd6", 0xffc},
    {"arm64 load from the GOT", EM_AARCH64, 0x1000, "20040090 000040f9 c0035fd6", 0},
    {"arm64 no end", EM_AARCH64, 0x1000, "200400f0 00600f91", 0},
    {"another machine", EM_PPC64, 0x1000, "c3c3c3c3", 0},
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

Test(returned, reads_the_address_or_refuses)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        uint8_t code[48];
        size_t bytes = from_hex(rows[i].hex, code);
        uint64_t address = 0;
        bool read = cs_returned_address(rows[i].machine, code, bytes, rows[i].vaddr, &address);

        cr_expect_eq(read, rows[i].address != 0, "%s", rows[i].name);
        cr_expect_eq(address, rows[i].address, "%s: %#lx", rows[i].name, address);
    }
}
