/* SPDX-License-Identifier: MIT */
/* Record headers: gathered byte by byte, judged by what all versions of TLS have in common. */
#include "user/tls/record.h"

enum {
    MAJOR_VERSION = 3,
    MINOR_VERSION_MAX = 4,
    BODY_MAX_BYTES = (1 << 14) + 2048, /* RFC 5246 section 6.2.3; less in TLS 1.3 */
    CLIENT_HELLO = 1,                  /* HandshakeType, RFC 8446 section 4 */
    SERVER_HELLO = 2,
    ALERT_FATAL = 2,
};

static bool is_record_type(__u8 type)
{
    return type >= CS_RECORD_CCS && type <= CS_RECORD_HEARTBEAT;
}

static __u16 body_length(const __u8 *header)
{
    return (__u16)(header[3] << 8 | header[4]);
}

static bool is_first_body_byte(__u8 byte, __u8 type, enum cs_direction direction)
{
    if (direction == CS_FROM_CLIENT)
        return byte == CLIENT_HELLO;
    return type == CS_RECORD_ALERT ? byte <= ALERT_FATAL : byte == SERVER_HELLO;
}

enum cs_opening cs_record_opening(const __u8 *bytes, size_t length, enum cs_direction direction)
{
    bool alert = length && bytes[0] == CS_RECORD_ALERT && direction == CS_FROM_SERVER;

    if (length > 0 && bytes[0] != CS_RECORD_HANDSHAKE && !alert)
        return CS_OPENING_NO;
    if (length > 1 && bytes[1] != MAJOR_VERSION)
        return CS_OPENING_NO;
    if (length > 2 && bytes[2] > MINOR_VERSION_MAX)
        return CS_OPENING_NO;
    if (length > 4 && (body_length(bytes) == 0 || body_length(bytes) > BODY_MAX_BYTES))
        return CS_OPENING_NO;
    if (length < CS_OPENING_BYTES)
        return CS_OPENING_SHORT;
    return is_first_body_byte(bytes[5], bytes[0], direction) ? CS_OPENING_YES : CS_OPENING_NO;
}

static void read_header(struct cs_record_walk *walk)
{
    const __u8 *header = walk->header;
    __u16 length = body_length(header);

    walk->header_bytes = 0;
    walk->lost = !is_record_type(header[0]) || header[1] != MAJOR_VERSION ||
                 header[2] > MINOR_VERSION_MAX || length > BODY_MAX_BYTES;
    if (walk->lost)
        return;
    walk->record.type = header[0];
    walk->record.length = length;
    walk->body_left = length;
}

bool cs_record_next(struct cs_record_walk *walk, struct cs_stream *stream)
{
    struct cs_span span;

    cs_record_skip(walk, stream, walk->body_left);
    while (!walk->lost && cs_stream_span(stream, &span)) {
        if (walk->header_bytes == 0)
            walk->record.first_ns = span.ts_ns;
        walk->record.header_ns = span.ts_ns;
        walk->header[walk->header_bytes++] = span.data[0];
        cs_stream_skip(stream, 1);
        if (walk->header_bytes == CS_RECORD_HEADER_BYTES) {
            read_header(walk);
            return !walk->lost;
        }
    }
    return false;
}

bool cs_record_span(const struct cs_record_walk *walk, const struct cs_stream *stream,
                    struct cs_span *span)
{
    if (!walk->body_left || !cs_stream_span(stream, span))
        return false;
    if (span->length > walk->body_left)
        span->length = walk->body_left;
    return true;
}

void cs_record_skip(struct cs_record_walk *walk, struct cs_stream *stream, size_t bytes)
{
    if (bytes > walk->body_left)
        bytes = walk->body_left;
    walk->body_left = (__u16)(walk->body_left - bytes);
    cs_stream_skip(stream, (__u32)bytes);
}

void cs_record_restart(struct cs_record_walk *walk)
{
    *walk = (struct cs_record_walk){0};
}
