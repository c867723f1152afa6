/* SPDX-License-Identifier: MIT */
/*
 * Reads one UTF-8 sequence (RFC 3629). Names and paths come from traced programs: any byte may
 * come.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * The bytes of the sequence that `text` begins with, and its code point; 0: it is none. Reads no
 * further than `room` bytes, of which there is at least one.
 */
size_t cs_utf8_read(const char *text, size_t room, uint32_t *code);
