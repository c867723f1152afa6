/* SPDX-License-Identifier: MIT */
/*
 * Whether a name stands in a table of strings: the question that all but a few files are done with,
 * without a look at their symbols.
 */
#pragma once

#include "user/elf/image.h"

/* `offset` and `bytes` are the table's, in the file. */
bool cs_mentions(const struct cs_image *image, uint64_t offset, uint64_t bytes, const char *name);
