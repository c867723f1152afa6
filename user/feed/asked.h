/* SPDX-License-Identifier: MIT */
/*
 * DNS messages in pieces, so that of a DNS record no more goes on a tape than user/dns/redact.h
 * leaves of the message: what a piece holds only those before it can tell.
 */
#pragma once

#include "include/wire/event.h"

enum { CS_ASKED_PARTS = 32 }; /* the one used longest ago goes first */

struct cs_asked_part;

struct cs_asked {
    struct cs_asked_part *parts[CS_ASKED_PARTS];
};

/*
 * The next record: what no tape may hold is overwritten in it. Of a stream that said once what is
 * no DNS, and of a datagram's piece without those before it, that is all.
 */
void cs_asked_redact(struct cs_asked *asked, struct cs_event_dns *event);
void cs_asked_free(struct cs_asked *asked);
