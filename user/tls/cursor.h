/* SPDX-License-Identifier: MIT */
/*
 * A bounded big-endian reader over bytes that nobody vouches for. Reading past the end gives zeros
 * and sets `short_of`, so a parser checks once; a list longer than its bytes is read as far as it
 * goes, because a capture may have cut it.
 */
#pragma once

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

struct cs_cursor {
    const __u8 *at;
    size_t left;
    bool short_of;
};

/* The next `bytes` bytes, or what is left of them, as a reader of their own. */
static inline struct cs_cursor cs_cursor_take(struct cs_cursor *cursor, size_t bytes)
{
    struct cs_cursor taken = {.at = cursor->at, .left = bytes};

    if (bytes > cursor->left) {
        taken.left = cursor->left;
        taken.short_of = cursor->short_of = true;
    }
    if (taken.left) {
        cursor->at += taken.left;
        cursor->left -= taken.left;
    }
    return taken;
}

static inline __u32 cs_cursor_number(struct cs_cursor *cursor, size_t bytes)
{
    struct cs_cursor digits = cs_cursor_take(cursor, bytes);
    __u32 number = 0;

    if (digits.short_of)
        return 0;
    while (digits.left--)
        number = number << 8 | *digits.at++;
    return number;
}

static inline __u8 cs_cursor_u8(struct cs_cursor *cursor)
{
    return (__u8)cs_cursor_number(cursor, 1);
}

static inline __u16 cs_cursor_u16(struct cs_cursor *cursor)
{
    return (__u16)cs_cursor_number(cursor, 2);
}

/* A vector of RFC 8446 section 3.4: its length in 1 or 2 bytes, then its bytes. */
static inline struct cs_cursor cs_cursor_list8(struct cs_cursor *cursor)
{
    return cs_cursor_take(cursor, cs_cursor_u8(cursor));
}

static inline struct cs_cursor cs_cursor_list16(struct cs_cursor *cursor)
{
    return cs_cursor_take(cursor, cs_cursor_u16(cursor));
}
