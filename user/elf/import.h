/* SPDX-License-Identifier: MIT */
/*
 * Where a library leaves for a function of another one: a probe there sees the calls of this
 * library alone. The arguments are still those of the call.
 */
#pragma once

#include "user/elf/image.h"

/*
 * The address of the jump in the procedure linkage table that leads to the function; 0 = none, or
 * none of the known shape (x86-64 only).
 */
uint64_t cs_import_find(const struct cs_image *image, const char *name);
