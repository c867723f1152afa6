/* SPDX-License-Identifier: MIT */
/*
 * Tables from a number (pid, cgroup id, library number) to a text, bounded in bytes: when full, the
 * name that was used longest ago goes. A name that somebody holds outlives its place in the table:
 * a connection keeps the exe it was opened by, whatever the pid runs later.
 */
#pragma once

#include <sys/queue.h>

#include "user/base/map.h"

struct cs_name {
    TAILQ_ENTRY(cs_name) link;
    uint64_t number;
    size_t bytes; /* of the whole allocation */
    unsigned holders;
    char text[];
};

TAILQ_HEAD(cs_name_list, cs_name);

struct cs_names {
    struct cs_map map;
    struct cs_name_list by_use; /* least recently used first */
    size_t bytes;
    size_t limit_bytes;
};

void cs_names_init(struct cs_names *names, size_t limit_bytes);
/* Replaces what the number meant so far; an empty text just forgets it. */
void cs_names_put(struct cs_names *names, uint64_t number, const char *text);
/* NULL: not known. The result lives until the next put unless held. */
struct cs_name *cs_names_get(struct cs_names *names, uint64_t number);
void cs_names_free(struct cs_names *names);

/* Both take NULL. */
struct cs_name *cs_name_hold(struct cs_name *name);
void cs_name_release(struct cs_name *name);
const char *cs_name_text(const struct cs_name *name);
