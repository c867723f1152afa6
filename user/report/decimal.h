/* SPDX-License-Identifier: MIT */
/* JSON numbers (RFC 8259, section 6) as what they stand for in an entry. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Milliseconds with decimals as nanoseconds; CONNSPAN_UNKNOWN when negative or out of range. */
uint64_t cs_decimal_ms(const char *text, size_t length);

/* A count; 0 when negative, out of range or no integer. */
uint64_t cs_decimal_number(const char *text, size_t length);
