/* SPDX-License-Identifier: MIT */
/*
 * The captured start of a turn in one piece, and when each byte of the turn passed. Whoever made
 * one wipes it.
 */
#pragma once

#include "user/http/turn.h"

struct cs_http_seen {
    const struct cs_http_turn *turn;
    size_t length; /* captured; at most turn->length */
    uint8_t data[CS_HTTP_SEEN_BYTES];
};

void cs_http_seen_set(struct cs_http_seen *seen, const struct cs_http_turn *turn);
void cs_http_seen_wipe(struct cs_http_seen *seen);

/* When the byte at `offset` of the turn passed; of one that was not captured: the last byte. */
uint64_t cs_http_seen_time(const struct cs_http_seen *seen, uint64_t offset);

/* Nothing but empty lines from `offset` on, which some send behind a body (RFC 9112 section 2.2):
 * no message is as short as one that was not captured. */
bool cs_http_seen_is_empty(const struct cs_http_seen *seen, uint64_t offset);
