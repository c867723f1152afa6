/* SPDX-License-Identifier: MIT */
/*
 * JSON values (RFC 8259), appended to a buffer. Objects and commas are the caller's: who writes a
 * line knows its keys. No printf and no locale: this is the hot path.
 */
#pragma once

#include <stdint.h>

#include "user/base/buf.h"

/* In quotes, escaped, invalid UTF-8 replaced by U+FFFD; NULL: null. */
void cs_json_text(struct cs_buf *buf, const char *text);
void cs_json_number(struct cs_buf *buf, uint64_t number);
void cs_json_known(struct cs_buf *buf, uint64_t number); /* 0: null */
void cs_json_bool(struct cs_buf *buf, int value);        /* negative: null */
/* Nanoseconds as milliseconds with 6 decimals; CONNSPAN_UNKNOWN: null. */
void cs_json_ms(struct cs_buf *buf, uint64_t ns);
/* RFC 3339, UTC, 9 decimals, in quotes. */
void cs_json_timestamp(struct cs_buf *buf, uint64_t unix_ns);
