/* SPDX-License-Identifier: MIT */
/* The longest-lasting entries of a stream, as many as wanted; a failure lasts until it is one. */
#pragma once

#include "user/report/kept.h"

struct cs_slowest {
    struct cs_kept **heap; /* the fastest of them on top */
    size_t count;
    size_t room;
};

int cs_slowest_init(struct cs_slowest *slowest, size_t room); /* 0 or -ENOMEM */
bool cs_slowest_wants(const struct cs_slowest *slowest, uint64_t duration_ns);
/* Takes it over. Only what is wanted. */
void cs_slowest_add(struct cs_slowest *slowest, struct cs_kept *kept);

/*
 * The slowest of both, of which at most half are from `failed` while there are enough others: a
 * dozen timeouts must not hide who is slow but connects. The slowest first, then NULL; they stay
 * owned by the heaps. Free the array. NULL: no memory.
 */
struct cs_kept **cs_slowest_pick(const struct cs_slowest *connected,
                                 const struct cs_slowest *failed);
void cs_slowest_free(struct cs_slowest *slowest);
