/* SPDX-License-Identifier: MIT */
/* Each byte is looked at once, however finely the direction was cut. */
#include "user/preamble/reader.h"

#include <string.h>

bool cs_reader_take(struct cs_stream *stream, __u8 *out, size_t length, __u64 *last_ns)
{
    struct cs_span span;

    if (cs_stream_peek(stream, out, length) < length)
        return false;
    while (length && cs_stream_span(stream, &span)) {
        size_t part = span.length < length ? span.length : length;

        if (last_ns)
            *last_ns = span.ts_ns;
        cs_stream_skip(stream, (__u32)part);
        length -= part;
    }
    return true;
}

static void keep_part(struct cs_line *line, const __u8 *data, size_t length, size_t keep)
{
    size_t room = keep > line->kept ? keep - line->kept : 0;

    if (length > room)
        length = room;
    memcpy(line->text + line->kept, data, length);
    line->kept += length;
}

static void complete(struct cs_line *line, __u64 end_ns)
{
    line->text[line->kept] = '\0';
    line->end_ns = end_ns;
    line->complete = true;
}

bool cs_line_read(struct cs_line *line, struct cs_stream *stream, char delimiter, size_t keep)
{
    struct cs_span span;

    if (line->complete)
        explicit_bzero(line, sizeof(*line));
    if (keep > CS_LINE_KEEP_BYTES)
        keep = CS_LINE_KEEP_BYTES;
    while (cs_stream_span(stream, &span)) {
        const __u8 *end = memchr(span.data, delimiter, span.length);
        size_t part = end ? (size_t)(end - span.data) : span.length;
        __u64 ts_ns = span.ts_ns;

        keep_part(line, span.data, part, keep);
        line->length += part + (end != NULL);
        cs_stream_skip(stream, (__u32)(part + (end != NULL)));
        if (end) {
            complete(line, ts_ns);
            return true;
        }
    }
    return false;
}

bool cs_line_is_empty(const struct cs_line *line)
{
    return line->kept == 0 || (line->kept == 1 && line->text[0] == '\r');
}
