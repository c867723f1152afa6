/* SPDX-License-Identifier: MIT */
/*
 * From captured pieces to whole messages: a long UDP message comes in several, and a TCP stream
 * (RFC 7766: two bytes of length, then the message) in any. What came whole is passed on unkept.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "include/wire/event.h"

enum { CS_DNS_STREAMS = 32, CS_DNS_STREAM_BYTES = 16384 };

struct cs_dns_stream {
    uint64_t socket;
    uint64_t used_ns;
    uint32_t next; /* offset of the byte that is awaited */
    uint32_t length;
    uint8_t direction;
    uint8_t *data; /* NULL: the slot is free */
};

struct cs_dns_streams {
    struct cs_dns_stream slots[CS_DNS_STREAMS];
};

typedef void cs_dns_on_message(void *context, const struct cs_event_dns *piece, const uint8_t *data,
                               size_t length);

/* Passes on what `piece` completes; returns how many messages are lost for good. */
unsigned cs_dns_streams_feed(struct cs_dns_streams *streams, const struct cs_event_dns *piece,
                             cs_dns_on_message *on_message, void *context);
void cs_dns_streams_free(struct cs_dns_streams *streams);
