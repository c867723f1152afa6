/* SPDX-License-Identifier: MIT */
/* The growing byte buffer. Memory doubles; nothing is written past a failure. */
#include "user/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *cs_buf_grow(struct cs_buf *buf, size_t length)
{
    size_t want = buf->length + length;
    size_t room = buf->room ? buf->room : 256;
    char *data;

    if (buf->failed || want < length || (buf->limit && want > buf->limit)) {
        buf->failed = true;
        return NULL;
    }
    if (want <= buf->room)
        return buf->data + buf->length;
    while (room < want)
        room *= 2;
    data = realloc(buf->data, room);
    if (!data) {
        buf->failed = true;
        return NULL;
    }
    buf->data = data;
    buf->room = room;
    return data + buf->length;
}

void cs_buf_add(struct cs_buf *buf, const void *data, size_t length)
{
    char *at = length ? cs_buf_reserve(buf, length) : NULL;

    if (!at)
        return;
    memcpy(at, data, length);
    buf->length += length;
}

void cs_buf_text(struct cs_buf *buf, const char *text)
{
    cs_buf_add(buf, text, strlen(text));
}

void cs_buf_format(struct cs_buf *buf, const char *format, ...)
{
    char text[512];
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (length < 0 || (size_t)length >= sizeof(text)) {
        buf->failed = true;
        return;
    }
    cs_buf_add(buf, text, (size_t)length);
}

void cs_buf_clear(struct cs_buf *buf)
{
    buf->length = 0;
    buf->failed = false;
}

void cs_buf_free(struct cs_buf *buf)
{
    free(buf->data);
    *buf = (struct cs_buf){.limit = buf->limit};
}
