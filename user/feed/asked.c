/* SPDX-License-Identifier: MIT */
/* What was begun is held from the start of its message on, as user/dns/stream.c does. */
#include "user/feed/asked.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "user/dns/redact.h"
#include "user/dns/stream.h"

enum { PREFIX_BYTES = 2, NO_MESSAGE = 'x' };

/* One direction of a socket. */
struct cs_asked_part {
    uint64_t socket;
    uint64_t used_ns;
    uint32_t start; /* offset of data[0] */
    uint32_t length;
    uint8_t direction;
    bool is_foreign; /* a stream of something else */
    uint8_t data[CS_DNS_STREAM_BYTES];
};

static bool is_tcp(const struct cs_event_dns *event)
{
    return event->flags & CS_DNS_TCP;
}

static void release(struct cs_asked_part **part)
{
    if (*part)
        explicit_bzero(*part, sizeof(**part));
    free(*part);
    *part = NULL;
}

/* Where the part is, or else will be. */
static struct cs_asked_part **find(struct cs_asked *asked, const struct cs_event_dns *event)
{
    struct cs_asked_part **oldest = &asked->parts[0];

    for (int i = 0; i < CS_ASKED_PARTS; i++) {
        struct cs_asked_part **at = &asked->parts[i];

        if (*at && (*at)->socket == event->socket && (*at)->direction == event->direction)
            return at;
        if (*oldest && (!*at || (*at)->used_ns < (*oldest)->used_ns))
            oldest = at;
    }
    release(oldest);
    return oldest;
}

/* A gap, or for UDP another message. */
static bool is_out_of_step(const struct cs_asked_part *part, const struct cs_event_dns *event)
{
    uint32_t next = part->start + part->length;

    return is_tcp(event) ? (int32_t)(event->offset - next) > 0 : event->offset != next;
}

/* The part that `event` goes on with or begins. NULL: there is none, or no memory. */
static struct cs_asked_part *take(struct cs_asked_part **part, const struct cs_event_dns *event)
{
    if (*part && !(*part)->is_foreign && is_out_of_step(*part, event))
        release(part);
    if (!*part && !is_tcp(event) && event->offset)
        return NULL;
    if (!*part && (*part = calloc(1, sizeof(**part)))) {
        (*part)->socket = event->socket;
        (*part)->direction = event->direction;
        (*part)->start = event->offset;
    }
    if (*part)
        (*part)->used_ns = event->event.ts_ns;
    return *part;
}

/* False: there is no room. */
static bool append(struct cs_asked_part *part, const struct cs_event_dns *event)
{
    uint32_t known = part->start + part->length - event->offset; /* repeated bytes */
    uint32_t fresh = known < event->data_bytes ? event->data_bytes - known : 0;

    if (fresh > sizeof(part->data) - part->length)
        return false;
    if (fresh)
        memcpy(part->data + part->length, event->data + known, fresh);
    part->length += fresh;
    return true;
}

/* Returns where the message that goes on begins; false in `is_dns`: it is none of DNS's. */
static uint32_t redact_stream(uint8_t *data, uint32_t length, bool *is_dns)
{
    uint32_t at = 0;

    *is_dns = true;
    while (*is_dns && length - at >= PREFIX_BYTES) {
        uint32_t whole = (uint32_t)data[at] << 8 | data[at + 1], message = at + PREFIX_BYTES;
        uint32_t seen = length - message < whole ? length - message : whole;

        *is_dns = cs_dns_redact(data + message, seen, whole);
        if (!*is_dns || seen < whole)
            break;
        at = message + whole;
    }
    if (!*is_dns)
        memset(data + at, NO_MESSAGE, length - at);
    return at;
}

/* `event` gets what of the redacted part lies in it. */
static void show(const struct cs_asked_part *part, const uint8_t *redacted,
                 struct cs_event_dns *event)
{
    for (uint32_t i = 0; i < event->data_bytes; i++) {
        uint32_t at = event->offset + i - part->start; /* in front of it: more than any length */

        event->data[i] = at < part->length ? redacted[at] : NO_MESSAGE;
    }
}

static void redact(struct cs_asked_part *part, struct cs_event_dns *event)
{
    uint8_t redacted[CS_DNS_STREAM_BYTES];
    uint32_t done = 0;
    bool is_dns = true;

    memcpy(redacted, part->data, part->length);
    if (is_tcp(event))
        done = redact_stream(redacted, part->length, &is_dns);
    else
        cs_dns_redact(redacted, part->length, event->total_bytes);
    show(part, redacted, event);
    explicit_bzero(redacted, part->length);
    part->is_foreign = !is_dns;
    part->start += done;
    part->length -= done;
    memmove(part->data, part->data + done, part->length);
}

/* A packet of TCP that comes again, whole: as if it came alone. */
static bool is_repeated(const struct cs_asked_part *part, const struct cs_event_dns *event)
{
    return is_tcp(event) && (int32_t)(part->start - event->offset) >= (int32_t)event->data_bytes &&
           event->data_bytes;
}

void cs_asked_redact(struct cs_asked *asked, struct cs_event_dns *event)
{
    struct cs_asked_part *part;
    bool ignored;

    if (!is_tcp(event) && event->data_bytes == event->total_bytes) {
        cs_dns_redact(event->data, event->data_bytes, event->total_bytes);
        return;
    }
    part = take(find(asked, event), event);
    if (part && is_repeated(part, event) && !part->is_foreign) {
        redact_stream(event->data, event->data_bytes, &ignored);
    } else if (part && !part->is_foreign && append(part, event)) {
        redact(part, event);
    } else {
        memset(event->data, NO_MESSAGE, event->data_bytes);
        if (part)
            part->is_foreign = is_tcp(event);
    }
}

void cs_asked_free(struct cs_asked *asked)
{
    for (int i = 0; i < CS_ASKED_PARTS; i++)
        release(&asked->parts[i]);
}
