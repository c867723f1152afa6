/* SPDX-License-Identifier: MIT */
/* What a tape has of a connection of HTTP/1 is read as what was said; turns are described as in
 * http_turns.h. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "user/http/http.h"

enum { HEADER_BYTES = 5, FROM_SERVER_BIT = 1, GAP_BIT = 2 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* To all; whom else a server names may come with user information, which is overwritten. */
static bool is_open(const struct cs_http_fetch *fetch)
{
    struct cs_http_fetch asked = *fetch;

    asked.mode = CS_FETCH_CORS;
    asked.origin[0] = '\0';
    return !cs_fetch_is_opaque(&asked, "http://nobody/");
}

/* Of a target that is cut in a secret with slashes more may be left out. */
static void compare(const struct cs_http_exchange *said, const struct cs_http_exchange *held)
{
    assert(said->flags == held->flags && said->status == held->status);
    assert(said->version == held->version);
    assert(!strcmp(said->method, held->method));
    assert(said->url.is_cut == held->url.is_cut);
    assert(said->url.is_cut || !strcmp(said->url.scheme, held->url.scheme));
    assert(said->url.is_cut || !strcmp(said->url.authority, held->url.authority));
    assert(said->url.is_cut || !strcmp(said->url.path, held->url.path));
    assert(!strcmp(said->content_type, held->content_type));
    assert(!strcmp(said->content_encoding, held->content_encoding));
    assert(said->request_bytes == held->request_bytes);
    assert(said->response_bytes == held->response_bytes);
    assert(said->body_bytes == held->body_bytes);
    assert(said->request_start_ns == held->request_start_ns);
    assert(said->request_end_ns == held->request_end_ns);
    assert(said->interim_ns == held->interim_ns && said->headers_ns == held->headers_ns);
    assert(said->response_end_ns == held->response_end_ns);
    assert(said->fetch.mode == held->fetch.mode);
    assert(is_open(&said->fetch) == is_open(&held->fetch));
}

static void compare_all(struct cs_http *said, struct cs_http *held)
{
    static struct cs_http_exchange one, other;

    while (cs_http_next(said, &one)) {
        assert(cs_http_next(held, &other));
        compare(&one, &other);
    }
    assert(!cs_http_next(held, &other));
    assert(cs_http_facts(said)->losses == cs_http_facts(held)->losses);
    assert(cs_http_facts(said)->state == cs_http_facts(held)->state);
}

static void add(struct cs_http *said, struct cs_http *held, struct cs_http_turn *turn,
                const uint8_t *data, size_t length)
{
    uint8_t *copy = malloc(length + 1);
    struct cs_http_piece piece = {turn->first_ns, data, length};

    memcpy(copy, data, length);
    cs_http_redact(said, turn->direction, turn->start, copy, length);
    turn->pieces = &piece;
    turn->piece_count = 1;
    cs_http_add(said, turn);
    piece.data = copy;
    cs_http_add(held, turn);
    free(copy);
}

static void play(struct cs_http *said, struct cs_http *held, const uint8_t *data, size_t size)
{
    struct cs_http_turn turn = {.first_ns = 1};
    uint32_t next[CS_DIRECTION_COUNT] = {0};

    while (size >= HEADER_BYTES && cs_http_facts(said)->version != CS_HTTP_2) {
        size_t length = (size_t)(data[1] << 8 | data[2]);

        length = length < size - HEADER_BYTES ? length : size - HEADER_BYTES;
        turn.direction = data[0] & FROM_SERVER_BIT ? CS_FROM_SERVER : CS_FROM_CLIENT;
        if (turn.direction == CS_FROM_SERVER && cs_http_facts(said)->state == CS_HTTP_BEGINNING)
            return; /* it may be HTTP/2, of which a tape has nothing */
        turn.start = next[turn.direction] + !!(data[0] & GAP_BIT);
        turn.length = length + (uint64_t)(data[3] << 8 | data[4]);
        turn.last_ns = turn.first_ns + 1;
        next[turn.direction] = turn.start + (uint32_t)turn.length;
        add(said, held, &turn, data + HEADER_BYTES,
            length < CS_HTTP_SEEN_BYTES ? length : CS_HTTP_SEEN_BYTES);
        if (cs_http_facts(said)->version != CS_HTTP_2)
            compare_all(said, held);
        turn.first_ns = turn.last_ns + 1;
        data += HEADER_BYTES + length;
        size -= HEADER_BYTES + length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum cs_url_parts parts = size % 3 == 0 ? CS_URL_FULL : CS_URL_PATH;
    enum cs_http_ending ending = size % (CS_HTTP_ENDED_BROKEN + 1);
    struct cs_http *said = cs_http_new(parts);
    struct cs_http *held = cs_http_new(parts);

    play(said, held, data, size);
    cs_http_close(said, ending, 1);
    cs_http_close(held, ending, 1);
    if (cs_http_facts(said)->version != CS_HTTP_2)
        compare_all(said, held);
    cs_http_free(said);
    cs_http_free(held);
    return 0;
}
