/* SPDX-License-Identifier: MIT */
/* What the fuzzers of HTTP/1 and HTTP/2 share: turns out of an input, and what must hold of all
 * exchanges, whatever was said. */
#pragma once

#include "user/http/http.h"

/*
 * Each turn has 5 bytes in front: flags (bit 0: from the server; bit 1: bytes are missing before
 * it; bits 2 to 7: how much of the first packet, in 64ths), bytes captured (2), bytes not captured
 * (2).
 */
void fuzz_turns(struct cs_http *http, const uint8_t *data, size_t size);

/*
 * Of HTTP/2 whose frames are followed. Each has 6 bytes in front: flags (bit 0: from the server;
 * bit 1: bytes are missing before it; bit 2: the direction is lost then), bytes captured (2), bytes
 * passed over behind them (2) and in front of them (1).
 */
void fuzz_sparse(struct cs_http *http, const uint8_t *data, size_t size);

/* Fetches and checks what is complete. */
void fuzz_exchanges(struct cs_http *http);
