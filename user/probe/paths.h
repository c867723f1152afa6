/* SPDX-License-Identifier: MIT */
/* Paths kept once each, however many refer to them: thousands of processes run a few programs. */
#pragma once

#include "user/base/map.h"

struct cs_path {
    uint64_t hash;
    uint32_t users;
    bool is_shared; /* found by its hash; false for the second of two paths of one hash */
    char text[];
};

struct cs_paths {
    struct cs_map by_hash;
};

/* One user more of this path; NULL = no memory. */
struct cs_path *cs_paths_take(struct cs_paths *paths, const char *text);
struct cs_path *cs_path_keep(struct cs_path *path);               /* NULL is fine */
void cs_paths_drop(struct cs_paths *paths, struct cs_path *path); /* NULL is fine */
void cs_paths_free(struct cs_paths *paths);                       /* once every path was dropped */
