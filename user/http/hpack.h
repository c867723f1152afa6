/* SPDX-License-Identifier: MIT */
/*
 * Header compression of HTTP/2 (RFC 7541), one direction: libnghttp2's decoder, fed with header
 * blocks in whatever pieces they come. Its table remembers field values, credentials among them,
 * for as long as the connection lasts: that is how HPACK works. They never leave it, and its memory
 * is wiped when it is given back.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cs_hpack;

/* Name and value are borrowed during the call. */
typedef void cs_hpack_field(void *context, const char *name, size_t name_length, const char *value,
                            size_t value_length);

/* A part of a header block; `is_last`: with it the block ends. */
struct cs_hpack_part {
    const uint8_t *data;
    size_t length;
    bool is_last;
};

struct cs_hpack *cs_hpack_new(void); /* NULL: out of memory */

/* 0; -EBADMSG: it cannot be decoded, and nothing after it; -ENOMEM, likewise. */
int cs_hpack_read(struct cs_hpack *hpack, struct cs_hpack_part part, cs_hpack_field *field,
                  void *context);

/* The peer has agreed to SETTINGS_HEADER_TABLE_SIZE. */
int cs_hpack_set_table_bytes(struct cs_hpack *hpack, uint32_t bytes);

void cs_hpack_free(struct cs_hpack *hpack); /* NULL is fine */
