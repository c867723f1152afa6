/* SPDX-License-Identifier: MIT */
/*
 * The readers of machine code, without the file around it, which few inputs of elf_sites get past.
 * A probe where no instruction begins would break the program that is traced. The first byte says
 * for which machine, and how many arguments are read.
 */
#include "user/elf/decode.h"
#include "user/elf/prologue.h"
#include "user/elf/returned.h"

#include <assert.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Does an instruction begin there, as far as they can be told apart? */
static bool is_boundary(const uint8_t *code, size_t bytes, size_t offset)
{
    size_t at = 0;

    while (at < offset) {
        size_t step = cs_decode_bytes(code + at, bytes - at);

        if (!step)
            return true; /* nobody knows */
        assert(step <= bytes - at);
        at += step;
    }
    return at == offset;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { ADDRESS = 0x1000 };
    struct cs_prologue prologue;
    uint16_t machine;
    uint64_t address;
    uint8_t *code;

    if (!size)
        return 0;
    machine = data[0] & 1 ? EM_AARCH64 : EM_X86_64;
    code = malloc(size - 1); /* of its own: a byte too far is seen */
    assert(code || size == 1);
    if (size > 1)
        memcpy(code, data + 1, size - 1);
    prologue = cs_prologue_choose(machine, code, size - 1, data[0] >> 1 & 3);
    assert(prologue.offset < size);
    if (machine == EM_AARCH64)
        assert(prologue.offset % 4 == 0);
    else
        assert(is_boundary(code, size - 1, prologue.offset));
    cs_returned_address(machine, code, size - 1, ADDRESS, &address);
    free(code);
    return 0;
}
