/* SPDX-License-Identifier: MIT */
/*
 * Where a library calls a function of another one with a constant as its first argument. A probe on
 * a call is cheap (the kernel emulates it), one on the jump in the linkage table is not.
 */
#pragma once

#include "user/elf/image.h"

/*
 * The addresses of the calls through the table's `jump` (cs_import_find()) with that constant, at
 * most `room`. 0 = there is none, one of another shape, or more than there is room for (x86-64
 * only).
 */
size_t cs_calls_find(const struct cs_image *image, uint64_t jump, uint32_t argument,
                     uint64_t *calls, size_t room);
