/* SPDX-License-Identifier: MIT */
/* Pieces are few: a turn of 1 KB comes in one packet, or in one per interim response. */
#include "user/http/seen.h"

#include <string.h>

enum { EMPTY_LINE_BYTES = 2 };

void cs_http_seen_set(struct cs_http_seen *seen, const struct cs_http_turn *turn)
{
    size_t room = turn->length < CS_HTTP_SEEN_BYTES ? (size_t)turn->length : CS_HTTP_SEEN_BYTES;

    seen->turn = turn;
    seen->length = 0;
    for (size_t i = 0; i < turn->piece_count && seen->length < room; i++) {
        size_t part = turn->pieces[i].length;

        if (part > room - seen->length)
            part = room - seen->length;
        if (part)
            memcpy(seen->data + seen->length, turn->pieces[i].data, part);
        seen->length += part;
    }
}

void cs_http_seen_wipe(struct cs_http_seen *seen)
{
    explicit_bzero(seen->data, seen->length);
}

uint64_t cs_http_seen_time(const struct cs_http_seen *seen, uint64_t offset)
{
    const struct cs_http_turn *turn = seen->turn;
    uint64_t end = 0;

    for (size_t i = 0; i < turn->piece_count && offset < seen->length; i++) {
        end += turn->pieces[i].length;
        if (offset < end)
            return turn->pieces[i].ts_ns;
    }
    return turn->last_ns;
}

bool cs_http_seen_is_empty(const struct cs_http_seen *seen, uint64_t offset)
{
    if (seen->turn->length - offset > EMPTY_LINE_BYTES && seen->turn->length > seen->length)
        return false;
    for (; offset < seen->length; offset++) {
        if (seen->data[offset] != '\r' && seen->data[offset] != '\n')
            return false;
    }
    return true;
}
