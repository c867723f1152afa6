/* SPDX-License-Identifier: MIT */
/*
 * What was captured of a connection before it was known to be TLS: chunks that wait for their
 * CONNECTION record, a proxy's dialogue, and bytes of the client that may be of its ClientHello.
 * What the dialogue says is user/preamble's; what it means for the entry is said here.
 */
#pragma once

#include "user/fold/ending.h"
#include "user/preamble/preamble.h"
#include "user/tls/handshake.h"

enum { CS_PRELUDE_HOLD_BYTES = 40000 }; /* what the kernel captures of both directions */

struct cs_held_chunk;

struct cs_prelude {
    struct cs_held_chunk *held; /* in order of arrival */
    struct cs_held_chunk *last;
    size_t held_bytes;
    struct cs_preamble *dialogue; /* NULL: none was told */
    __u32 tls_at[CS_DIRECTION_COUNT];
};

/* Nobody knows yet what it is. */
void cs_prelude_hold(struct cs_prelude *prelude, const struct cs_event_chunk *chunk);

/* It is a dialogue: so is what was held. Once begun, further chunks are added. */
void cs_prelude_begin(struct cs_prelude *prelude);
void cs_prelude_add(struct cs_prelude *prelude, const struct cs_event_chunk *chunk);

/* It is a handshake: what was held, as far as it is of it, is fed to it and let go. */
void cs_prelude_give(struct cs_prelude *prelude, struct cs_handshake *handshake);

/* A chunk of the handshake, which counts offsets from its own first byte. */
void cs_prelude_feed(const struct cs_prelude *prelude, struct cs_handshake *handshake,
                     const struct cs_event_chunk *chunk);

/* NULL: no proxy was spoken to. */
const struct cs_preamble_facts *cs_prelude_tunnel(const struct cs_prelude *prelude);

/* Will no TLS follow, as far as the dialogue tells? */
bool cs_prelude_is_plain(const struct cs_prelude *prelude);

/*
 * A connection on which no TLS began: amends what was told of it by what the proxy said. `ending`:
 * how the connection ended, NULL if it did not.
 */
void cs_prelude_tell(const struct cs_prelude *prelude, const struct cs_ending *ending,
                     struct cs_record *record);

void cs_prelude_free(struct cs_prelude *prelude);
