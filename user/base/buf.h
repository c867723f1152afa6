/* SPDX-License-Identifier: MIT */
/*
 * A growing byte buffer with a cap: what outputs and JSON are built in. A failed growth sets
 * `failed` and drops what follows, so that a writer checks once at the end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct cs_buf {
    char *data; /* not NUL-terminated */
    size_t length;
    size_t room;
    size_t limit; /* 0: none */
    bool failed;  /* out of memory or over the limit */
};

void cs_buf_add(struct cs_buf *buf, const void *data, size_t length);
void cs_buf_text(struct cs_buf *buf, const char *text);
__attribute__((format(printf, 2, 3))) void cs_buf_format(struct cs_buf *buf, const char *format,
                                                         ...);
char *cs_buf_grow(struct cs_buf *buf, size_t length); /* as cs_buf_reserve, which calls it */

/* Room for `length` more bytes at the end, or NULL; count them in by adding to `length`. */
static inline char *cs_buf_reserve(struct cs_buf *buf, size_t length)
{
    if (length <= buf->room - buf->length && !buf->failed && !buf->limit)
        return buf->data + buf->length;
    return cs_buf_grow(buf, length);
}

void cs_buf_clear(struct cs_buf *buf); /* keeps the memory, forgets a failure */
void cs_buf_free(struct cs_buf *buf);
