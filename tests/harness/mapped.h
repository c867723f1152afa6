/* SPDX-License-Identifier: MIT */
/* Copies of a fixture of tests/unit/elf, mapped by this process as programs are. */
#pragma once

#include "user/probe/maps.h"

struct mapped_file {
    char path[64];
    void *address;       /* NULL: not mapped */
    uint64_t generation; /* another for each copy */
};

/* A file of its own in the scratch folder, named by `number`. */
void mapped_copy(struct mapped_file *file, int number, const char *fixture);

/* What an mmap2 record would say of it; maps it first, if it is not. */
struct cs_mapping mapped_map(struct mapped_file *file);
void mapped_unmap(struct mapped_file *file);
