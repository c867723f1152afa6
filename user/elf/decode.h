/* SPDX-License-Identifier: MIT */
/*
 * Lengths of x86-64 instructions, so that one in the middle of a function is found where it begins:
 * a probe anywhere else would break the program. It knows what compilers make of plain C; at
 * anything else the caller must stop.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In bytes; 0: unknown, or cut off. */
size_t cs_decode_bytes(const uint8_t *code, size_t left);

/* ModRM, SIB and displacement (Intel SDM volume 2, 2.1.5 and 2.2.1); two bytes are read. */
size_t cs_decode_operand_bytes(const uint8_t *at);

/* Whether it stands before an opcode, and before REX. */
bool cs_decode_is_prefix(uint8_t byte);
