/* SPDX-License-Identifier: MIT */
/* By FNV-1a hash; what collides is simply kept apart. */
#include "user/probe/paths.h"

#include <stdlib.h>
#include <string.h>

static uint64_t hash_of(const char *text) /* FNV-1a */
{
    uint64_t hash = 0xcbf29ce484222325ULL;

    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * 0x100000001b3ULL;
    return hash;
}

struct cs_path *cs_paths_take(struct cs_paths *paths, const char *text)
{
    uint64_t hash = hash_of(text);
    struct cs_path *path = cs_map_get(&paths->by_hash, hash);
    size_t bytes = strlen(text) + 1;
    bool is_free = path == NULL;

    if (path && !strcmp(path->text, text))
        return cs_path_keep(path);
    path = malloc(sizeof(*path) + bytes);
    if (!path)
        return NULL;
    *path = (struct cs_path){.hash = hash, .users = 1};
    memcpy(path->text, text, bytes);
    path->is_shared = is_free && !cs_map_put(&paths->by_hash, hash, path);
    return path;
}

struct cs_path *cs_path_keep(struct cs_path *path)
{
    if (path)
        path->users++;
    return path;
}

void cs_paths_drop(struct cs_paths *paths, struct cs_path *path)
{
    if (!path || --path->users)
        return;
    if (path->is_shared)
        cs_map_take(&paths->by_hash, path->hash);
    free(path);
}

void cs_paths_free(struct cs_paths *paths)
{
    cs_map_free(&paths->by_hash);
}
