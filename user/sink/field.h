/* SPDX-License-Identifier: MIT */
/*
 * How an object of JSON is written from a table: a row is a key and the member whose value follows,
 * or a key and what is constant. A key's text is made at compile time, comma included: a line costs
 * well under a microsecond.
 */
#pragma once

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "user/base/buf.h"

/* One cache line; the text lies in it, so that it is copied by a few fixed moves. */
struct cs_json_field {
    char text[48]; /* ,"key": and the value of a constant */
    uint16_t text_bytes;
    uint16_t offset;
    void (*put)(struct cs_buf *out, const void *at); /* the member's value; NULL: a constant */
};

#define ROW(text, offset, put)                                                                     \
    {                                                                                              \
        text, sizeof(text) - 1, offset, put                                                        \
    }
#define FIELD(type, key, member, put) ROW(",\"" key "\":", offsetof(struct type, member), put)
#define WHOLE(key, put)               ROW(",\"" key "\":", 0, put)
#define CONSTANT(key, value)          ROW(",\"" key "\":" value, 0, NULL)
static_assert(sizeof(struct cs_json_field) == 64, "a cache line");

#define PUT_OBJECT(out, base, fields)                                                              \
    cs_put_object(out, base, fields, sizeof(fields) / sizeof((fields)[0]))

void cs_put_object(struct cs_buf *out, const void *base, const struct cs_json_field *fields,
                   size_t n);

/* Values: `at` is the member. */
void cs_put_ms(struct cs_buf *out, const void *at);
void cs_put_time(struct cs_buf *out, const void *at);
void cs_put_number(struct cs_buf *out, const void *at);
void cs_put_count(struct cs_buf *out, const void *at);
void cs_put_known(struct cs_buf *out, const void *at);
void cs_put_port(struct cs_buf *out, const void *at);
void cs_put_id(struct cs_buf *out, const void *at);
void cs_put_flag(struct cs_buf *out, const void *at);
void cs_put_tristate(struct cs_buf *out, const void *at);
void cs_put_text(struct cs_buf *out, const void *at);
void cs_put_filled(struct cs_buf *out, const void *at);
