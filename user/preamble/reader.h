/* SPDX-License-Identifier: MIT */
/*
 * Taking bytes and lines off a reassembled direction, with the time of the last one. Of a line only
 * a bounded start is kept, or nothing: names and passwords pass unread. It knows no protocol.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "user/tls/stream.h"

enum { CS_LINE_KEEP_BYTES = 511 };

struct cs_line {
    char text[CS_LINE_KEEP_BYTES + 1]; /* complete: ends in NUL, without the delimiter */
    size_t kept;
    size_t length; /* of the whole line, delimiter included */
    __u64 end_ns;  /* packet with the delimiter */
    bool complete;
};

/* Takes all `length` bytes or none. `last_ns`, if not NULL: packet of the last one. */
bool cs_reader_take(struct cs_stream *stream, __u8 *out, size_t length, __u64 *last_ns);

/* Takes bytes up to and with `delimiter`; of each line the first `keep` are kept. false: it has not
 * come; what came is taken. After true, the next call begins the next line. */
bool cs_line_read(struct cs_line *line, struct cs_stream *stream, char delimiter, size_t keep);

/* Of a complete line of text, of which at least 2 bytes were kept: nothing but its end? */
bool cs_line_is_empty(const struct cs_line *line);
