/* SPDX-License-Identifier: MIT */
/* Which keys of a line are wanted, in which object, and where their values go. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum cs_group {
    CS_GROUP_NONE, /* an object that is not wanted */
    CS_GROUP_LINE,
    CS_GROUP_PHASES,
    CS_GROUP_CONNECTION,
    CS_GROUP_ERROR,
    CS_GROUP_PROCESS,
    CS_GROUP_TLS,
    CS_GROUP_DROPPED, /* every key of it is wanted */
};

enum cs_field_type {
    CS_FIELD_TEXT,   /* const char * */
    CS_FIELD_MS,     /* uint64_t, nanoseconds; in the line milliseconds with decimals */
    CS_FIELD_NUMBER, /* uint64_t */
    CS_FIELD_FLAG,   /* bool */
    CS_FIELD_GROUP,  /* an object with wanted keys */
};

struct cs_field {
    const char *key;
    uint8_t length; /* of the key */
    uint8_t group;  /* enum cs_group: where the key stands */
    uint8_t type;   /* enum cs_field_type */
    uint8_t inner;  /* CS_FIELD_GROUP: which */
    size_t offset;  /* in struct cs_line */
};

extern const struct cs_field cs_fields[];
extern const size_t cs_field_count;

/* An index of the rows above, so that a key that is not wanted costs one look. */
#define CS_FIELD_SLOTS 128

struct cs_field_index {
    const struct cs_field *slots[CS_FIELD_SLOTS];
};

void cs_field_index_build(struct cs_field_index *index);
const struct cs_field *cs_field_find(const struct cs_field_index *index, enum cs_group group,
                                     const char *key, size_t length);
