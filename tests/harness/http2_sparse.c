/* SPDX-License-Identifier: MIT */
/* Written without a look at the kernel's way, which goes by whole headers. */
#include "tests/harness/http2_sparse.h"

#include <stdlib.h>

enum { PREFACE_BYTES = sizeof(HTTP2_PREFACE) - 1, RECORD_BYTES = 1024 };

/* What is told of one packet. */
struct told {
    uint8_t bytes[RECORD_BYTES];
    size_t length;
    uint64_t first; /* offset in the packet of the first byte */
};

void http2_sparse_begin(struct http2_sparse *sparse, enum cs_direction direction)
{
    *sparse = (struct http2_sparse){.direction = direction};
    if (direction == CS_FROM_CLIENT)
        sparse->preface = PREFACE_BYTES;
}

static uint32_t told_of(const uint8_t *header, uint32_t length)
{
    switch (header[3]) {
    case 0: /* DATA: how much is padding */
        return header[4] & HTTP2_PADDED && length ? 1 : 0;
    case 1: /* HEADERS, RST_STREAM, SETTINGS, PUSH_PROMISE, CONTINUATION */
    case 3:
    case 4:
    case 5:
    case 9:
        return length;
    default:
        return 0;
    }
}

static void end_header(struct http2_sparse *sparse)
{
    const uint8_t *header = sparse->header;
    uint32_t length = (uint32_t)(header[0] << 16 | header[1] << 8 | header[2]);

    sparse->told = told_of(header, length);
    sparse->skip = length - sparse->told;
}

/* One byte passes; true: it is told. */
static bool pass(struct http2_sparse *sparse, uint8_t byte)
{
    bool is_told = true;

    if (sparse->preface) {
        sparse->preface--;
        return true;
    }
    if (sparse->held < sizeof(sparse->header)) {
        sparse->header[sparse->held++] = byte;
        if (sparse->held == sizeof(sparse->header))
            end_header(sparse);
    } else if (sparse->told) {
        sparse->told--;
    } else {
        sparse->skip--;
        is_told = false;
    }
    if (sparse->held == sizeof(sparse->header) && !sparse->told && !sparse->skip)
        sparse->held = 0;
    return is_told;
}

static void tell(struct http2_sparse *sparse, struct http_talk *talk, const struct told *told,
                 uint64_t length)
{
    struct cs_http_piece piece = {talk->now_ns, told->bytes, told->length};
    struct cs_http_turn turn = {
        .direction = sparse->direction,
        .start = talk->next[sparse->direction],
        .length = sparse->untold + length,
        .first_ns = talk->now_ns,
        .last_ns = talk->now_ns,
        .pieces = &piece,
        .piece_count = 1,
        .is_sparse = true,
        .skipped = sparse->untold + told->first,
    };

    talk->next[sparse->direction] += (uint32_t)turn.length;
    sparse->untold = 0;
    if (cs_http_add(talk->http, &turn))
        abort();
}

bool http2_sparse_packet(struct http2_sparse *sparse, struct http_talk *talk,
                         struct http_bytes packet)
{
    struct told told = {.length = 0};
    size_t done = 0;
    bool has_news = false;

    talk->now_ns += MS;
    for (size_t i = 0; i < packet.length; i++) {
        if (told.length == RECORD_BYTES) { /* the packet goes on in another record */
            tell(sparse, talk, &told, i - done);
            told.length = 0;
            done = i;
        }
        if (!pass(sparse, (uint8_t)packet.text[i]))
            continue;
        if (!told.length)
            told.first = i - done;
        told.bytes[told.length++] = (uint8_t)packet.text[i];
    }
    has_news = told.length || sparse->held == 0;
    if (has_news)
        tell(sparse, talk, &told, packet.length - done);
    else
        sparse->untold += packet.length - done;
    return has_news || done;
}

void http2_sparse_say(struct http2_sparse *sparse, struct http_talk *talk, struct http2_turn *turn,
                      size_t packet_bytes)
{
    for (size_t at = 0; at < turn->length; at += packet_bytes) {
        size_t rest = turn->length - at;

        http2_sparse_packet(sparse, talk,
                            (struct http_bytes){(const char *)turn->data + at,
                                                rest < packet_bytes ? rest : packet_bytes});
    }
    turn->length = 0;
}
