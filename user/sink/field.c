/* SPDX-License-Identifier: MIT */
/* The values that several objects have. */
#include "user/sink/field.h"

#include <stdbool.h>
#include <string.h>

#include "user/sink/json.h"

void cs_put_object(struct cs_buf *out, const void *base, const struct cs_json_field *fields,
                   size_t n)
{
    size_t start = out->length;

    for (size_t i = 0; i < n; i++) {
        char *text = cs_buf_reserve(out, sizeof(fields[i].text));

        if (!text)
            return;
        memcpy(text, fields[i].text, sizeof(fields[i].text));
        out->length += fields[i].text_bytes;
        if (fields[i].put)
            fields[i].put(out, (const char *)base + fields[i].offset);
    }
    out->data[start] = '{'; /* in place of the first comma */
    cs_buf_add(out, "}", 1);
}

void cs_put_ms(struct cs_buf *out, const void *at)
{
    cs_json_ms(out, *(const uint64_t *)at);
}

void cs_put_time(struct cs_buf *out, const void *at)
{
    cs_json_timestamp(out, *(const uint64_t *)at);
}

void cs_put_number(struct cs_buf *out, const void *at)
{
    cs_json_number(out, *(const uint64_t *)at);
}

void cs_put_count(struct cs_buf *out, const void *at)
{
    cs_json_number(out, *(const uint32_t *)at);
}

/* 0 means unknown, here and in cs_put_port. */
void cs_put_known(struct cs_buf *out, const void *at)
{
    cs_json_known(out, *(const uint32_t *)at);
}

void cs_put_port(struct cs_buf *out, const void *at)
{
    cs_json_known(out, *(const uint16_t *)at);
}

/* As a string: a JSON number is exact up to 2^53 only. */
void cs_put_id(struct cs_buf *out, const void *at)
{
    cs_buf_add(out, "\"", 1);
    cs_put_number(out, at);
    cs_buf_add(out, "\"", 1);
}

void cs_put_flag(struct cs_buf *out, const void *at)
{
    cs_json_bool(out, *(const bool *)at);
}

/* -1 means unknown. */
void cs_put_tristate(struct cs_buf *out, const void *at)
{
    cs_json_bool(out, *(const int *)at);
}

void cs_put_text(struct cs_buf *out, const void *at)
{
    cs_json_text(out, *(const char *const *)at);
}

/* "" means unknown, too. */
void cs_put_filled(struct cs_buf *out, const void *at)
{
    const char *text = *(const char *const *)at;

    cs_json_text(out, text && *text ? text : NULL);
}
