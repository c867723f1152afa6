/* SPDX-License-Identifier: MIT */
/*
 * Reads the code of a function that does nothing but return the address of a constant, as
 * TLS_client_method() does, and says which address. Anything else is refused.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `code` stands at address `vaddr`; `machine` is EM_X86_64 or EM_AARCH64. */
bool cs_returned_address(uint16_t machine, const uint8_t *code, size_t bytes, uint64_t vaddr,
                         uint64_t *address);
