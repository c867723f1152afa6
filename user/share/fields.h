/* SPDX-License-Identifier: MIT */
/* Which key of which object is which member of a message, and how its value is written. */
#pragma once

#include "user/share/message.h"

enum cs_object {
    CS_OBJECT_LINE,
    CS_OBJECT_ORIGIN,
    CS_OBJECT_CLOCK,
    CS_OBJECT_HOOKS,
    CS_OBJECT_PHASES,
    CS_OBJECT_CONNECTION,
    CS_OBJECT_ERROR,
    CS_OBJECT_PROCESS,
    CS_OBJECT_TLS,
    CS_OBJECT_PROXY,
    CS_OBJECT_REQUEST,
    CS_OBJECT_FLAGS, /* lists */
    CS_OBJECT_ALPN_OFFERED,
    CS_OBJECT_OTHER,
};

enum cs_value {
    CS_VALUE_MS,       /* uint64_t, nanoseconds; null: CONNSPAN_UNKNOWN */
    CS_VALUE_NUMBER,   /* uint64_t, also as a decimal string; null: 0, as below */
    CS_VALUE_SIZE,     /* uint64_t; null: CONNSPAN_UNKNOWN */
    CS_VALUE_COUNT,    /* uint32_t */
    CS_VALUE_PORT,     /* uint16_t, also a status */
    CS_VALUE_TEXT,     /* const char * */
    CS_VALUE_FLAG,     /* bool */
    CS_VALUE_TRISTATE, /* int; null: -1 */
    CS_VALUE_ROLE,
    CS_VALUE_OUTCOME,
    CS_VALUE_OBJECT, /* an object or a list */
};

struct cs_member {
    enum cs_object object;
    const char *key;
    enum cs_value value;
    enum cs_object inner;
    size_t offset; /* in struct cs_message */
};

/* NULL: not of interest. `hint` makes it fast for keys in the order of the table. */
const struct cs_member *cs_member_find(enum cs_object object, const char *key, size_t length,
                                       size_t *hint);
