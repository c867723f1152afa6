/* SPDX-License-Identifier: MIT */
/*
 * One handshake message (RFC 8446 section 4) gathered from the records it is spread over: its type,
 * its length, its body up to a cap. Its memory is wiped when it is dropped.
 */
#pragma once

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    CS_MESSAGE_HEADER_BYTES = 4,
    CS_MESSAGE_MAX_BYTES = 16384, /* hellos of today stay below 4096; what is longer is cut */
};

enum cs_message_type { CS_MESSAGE_CLIENT_HELLO = 1, CS_MESSAGE_SERVER_HELLO = 2 };

struct cs_message {
    __u8 *body;
    size_t body_bytes; /* come so far */
    size_t wanted;     /* of the body */
    __u8 header[CS_MESSAGE_HEADER_BYTES];
    __u8 header_bytes;
};

/* Adds bytes of the message; returns how many belong to it. */
size_t cs_message_add(struct cs_message *message, const __u8 *data, size_t length);
bool cs_message_is_whole(const struct cs_message *message);
void cs_message_drop(struct cs_message *message); /* ready for another */
