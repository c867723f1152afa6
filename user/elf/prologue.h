/* SPDX-License-Identifier: MIT */
/*
 * Where in the first bytes of a function an entry probe costs least. The kernel emulates a few
 * instructions; any other it must single-step, which is dear: under nested virtualisation 16 us
 * instead of 0.45. The chosen place is always executed, and there the arguments asked for and the
 * stack pointer are still those of the entry.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cs_prologue {
    uint8_t offset; /* of the probe; 0 when unsure */
    bool dear;      /* the kernel will single-step it */
};

/* `machine` is EM_X86_64 or EM_AARCH64; the probe reads the first `arguments`, at most 4. */
struct cs_prologue cs_prologue_choose(uint16_t machine, const uint8_t *code, size_t bytes,
                                      unsigned arguments);
