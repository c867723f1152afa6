/* SPDX-License-Identifier: MIT */
/*
 * The wire view of one TLS handshake: fed with captured chunks of both directions in any order, it
 * reassembles them, walks the records, reads the two hellos, and finds when the handshake started
 * and ended (RFC 5246, RFC 8446). Bounded memory; hostile bytes cannot harm it. No clock, no I/O.
 */
#pragma once

#include "include/wire/event.h"
#include "user/tls/facts.h"

struct cs_handshake;

struct cs_handshake *cs_handshake_new(void); /* NULL: out of memory */

/* Once the state is DONE, FAILED or NOT_TLS the captured bytes are gone and chunks are ignored. */
void cs_handshake_chunk(struct cs_handshake *handshake, const struct cs_event_chunk *chunk);

const struct cs_tls_facts *cs_handshake_facts(const struct cs_handshake *handshake);
void cs_handshake_free(struct cs_handshake *handshake); /* wipes the captured bytes; NULL is fine */
