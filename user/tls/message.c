/* SPDX-License-Identifier: MIT */
/* Gathers the 4 header bytes, then allocates the body in one piece, so that no copy stays behind.
 */
#include "user/tls/message.h"

#include <stdlib.h>
#include <string.h>

static void read_header(struct cs_message *message)
{
    const __u8 *header = message->header;
    size_t length = (size_t)header[1] << 16 | (size_t)header[2] << 8 | header[3];

    message->wanted = length < CS_MESSAGE_MAX_BYTES ? length : CS_MESSAGE_MAX_BYTES;
    message->body = malloc(message->wanted ? message->wanted : 1);
    if (!message->body)
        message->wanted = 0; /* a hello without a body: its reader refuses it */
}

size_t cs_message_add(struct cs_message *message, const __u8 *data, size_t length)
{
    size_t taken = 0;
    size_t part;

    while (taken < length && message->header_bytes < CS_MESSAGE_HEADER_BYTES) {
        message->header[message->header_bytes++] = data[taken++];
        if (message->header_bytes == CS_MESSAGE_HEADER_BYTES)
            read_header(message);
    }
    part = message->wanted - message->body_bytes;
    if (part > length - taken)
        part = length - taken;
    if (part)
        memcpy(message->body + message->body_bytes, data + taken, part);
    message->body_bytes += part;
    return taken + part;
}

bool cs_message_is_whole(const struct cs_message *message)
{
    return message->header_bytes == CS_MESSAGE_HEADER_BYTES &&
           message->body_bytes == message->wanted;
}

void cs_message_drop(struct cs_message *message)
{
    if (message->body)
        explicit_bzero(message->body, message->body_bytes);
    free(message->body);
    *message = (struct cs_message){0};
}
