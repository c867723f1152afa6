/* SPDX-License-Identifier: MIT */
/*
 * A character of a URL: as it is, or percent-encoded (RFC 3986 section 2.1), once for each URL that
 * it lies in as a part: "=", "%3D", "%253D".
 */
#pragma once

#include <limits.h>
#include <stddef.h>

struct cs_mark {
    char byte;
    unsigned depth; /* how often it is encoded */
    size_t at;      /* where it lies in the text */
    size_t end;     /* behind it */
};

#define CS_MARK_DEPTH_ANY UINT_MAX

/* The one at `at`, which is less than `length`. A "%" that encodes nothing is itself. */
struct cs_mark cs_mark_read(const char *text, size_t length, size_t at);

/*
 * The first of `bytes` from `from` on that is encoded `depth` times at most. None: its byte is 0,
 * and `at` and `end` are `length`.
 */
struct cs_mark cs_mark_find(const char *text, size_t length, size_t from, const char *bytes,
                            unsigned depth);
