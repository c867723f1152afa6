/* SPDX-License-Identifier: MIT */
/*
 * What a dialogue with a proxy says that nobody else must read: user names, passwords, credentials.
 * It is overwritten where it lies, so that offsets, and all that is read from the rest, stay.
 */
#pragma once

#include "include/wire/event.h"

/*
 * Overwrites in a chunk of the client: user name and password of RFC 1929, the user id of SOCKS4,
 * and all text but a PROXY header, the first line of a CONNECT request, and where lines end. What
 * is no text is kept, since it may be of a ClientHello. A chunk is judged alone: of a message sent
 * in pieces of a few bytes nothing is recognized.
 */
void cs_preamble_redact(struct cs_event_chunk *chunk);
