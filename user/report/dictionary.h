/* SPDX-License-Identifier: MIT */
/* Gives each different text a number, 0, 1, 2 ... in the order of appearance. Texts are borrowed.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "user/base/map.h"

struct cs_dictionary {
    struct cs_map numbers; /* hash -> one of `words` */
    struct cs_word **words;
    size_t count;
    size_t room;
};

struct cs_word {
    const char *text;
    uint32_t number;
};

/* -1: out of memory. */
int64_t cs_dictionary_number(struct cs_dictionary *dictionary, const char *text);
void cs_dictionary_free(struct cs_dictionary *dictionary);

/* FNV-1a */
uint64_t cs_text_hash(const char *text);
