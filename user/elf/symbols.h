/* SPDX-License-Identifier: MIT */
/*
 * Functions of an ELF file by name. The dynamic table is asked through its own hash table, which
 * says "not here" after a handful of small reads whatever the size of the file; the full table is
 * read only where its names hold the wanted ones at all.
 */
#pragma once

#include "user/elf/image.h"

struct cs_symbol {
    const char *name;
    uint64_t vaddr; /* 0 = not found (yet) */
};

/*
 * Fill in what is defined as a function and not found yet. The static table is read only if the
 * first name still missing is in it.
 */
void cs_symbols_find_dynamic(const struct cs_image *image, struct cs_symbol *wanted, size_t count);
void cs_symbols_find_static(const struct cs_image *image, struct cs_symbol *wanted, size_t count);
