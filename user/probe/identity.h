/* SPDX-License-Identifier: MIT */
/*
 * Is it the same file? A probe sits on the real inode; an overlay and the layer below it show that
 * inode under different devices, and attaching through both would fire twice.
 */
#pragma once

#include "user/elf/sites.h"

struct cs_identity {
    uint64_t device;
    uint64_t inode;
    uint64_t bytes;
    uint8_t build_id[CS_BUILD_ID_BYTES];
    uint8_t build_id_bytes;
    bool on_overlay;
};

int cs_identity_of(int fd, const struct cs_sites *sites, struct cs_identity *identity);
bool cs_identity_is_same(const struct cs_identity *a, const struct cs_identity *b);
