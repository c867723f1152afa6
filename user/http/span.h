/* SPDX-License-Identifier: MIT */
/* A span of text that may hold NULs, and need not end with one: strcspn(3) for what came over a
 * wire. */
#pragma once

#include <stddef.h>
#include <string.h>

/* Bytes in front of the first of `delimiters`; all there are, if there is none. */
static inline size_t cs_span_until(const void *text, size_t length, const char *delimiters)
{
    const char *at = text;
    size_t i = 0;

    while (i < length && (at[i] == '\0' || !strchr(delimiters, at[i])))
        i++;
    return i;
}
