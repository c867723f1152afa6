/* SPDX-License-Identifier: MIT */
/*
 * A preamble fed with chunks that the input describes, each with 8 bytes in front: offset relative
 * to where the direction stood (2, signed), length (2), time step (1), direction (1), 2 unused. So
 * the fuzzer can cut, double, reorder and lie. What holds of the facts must hold after each chunk.
 */
#include "user/preamble/preamble.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_HEADER_BYTES = 8, FROM_SERVER_BIT = 1 };

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size);

static void feed(struct cs_preamble *preamble, const struct cs_event_chunk *like, const __u8 *data)
{
    struct cs_event_chunk *chunk = malloc(sizeof(*chunk) + like->data_bytes);

    *chunk = *like;
    if (like->data_bytes)
        memcpy(chunk->data, data, like->data_bytes);
    cs_preamble_add(preamble, chunk);
    free(chunk);
}

static void check_text(const char *text, size_t text_bytes)
{
    assert(strnlen(text, text_bytes) < text_bytes);
    for (; *text; text++)
        assert(*text >= ' ' && *text <= '~');
}

static void check(const struct cs_preamble_facts *facts)
{
    check_text(facts->target_host, sizeof(facts->target_host));
    check_text(facts->error_detail, sizeof(facts->error_detail));
    assert((facts->state == CS_PREAMBLE_PLAIN) == (facts->plain_ns != 0));
    assert((facts->refused_ns != 0) == (facts->error_code != NULL));
    assert(facts->state != CS_PREAMBLE_REFUSED || facts->refused_ns);
    assert(facts->state != CS_PREAMBLE_TUNNEL || facts->opened_ns);
    assert(!facts->opened_ns || !facts->refused_ns);
    assert(facts->kind || !(facts->opened_ns || facts->refused_ns || facts->target_port));
    if (facts->error_code)
        check_text(facts->error_code, sizeof("EAFNOSUPPORT"));
}

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size)
{
    struct cs_preamble *preamble = cs_preamble_new();
    struct cs_event_chunk chunk = {.event.ts_ns = 1};
    __u32 next[2] = {0, 0};

    while (size >= CHUNK_HEADER_BYTES) {
        __u16 length = (__u16)(data[2] << 8 | data[3]);

        chunk.direction = data[5] & FROM_SERVER_BIT ? CS_FROM_SERVER : CS_FROM_CLIENT;
        chunk.offset = next[chunk.direction] + (__u32)(__s16)(data[0] << 8 | data[1]);
        chunk.event.ts_ns += data[4];
        data += CHUNK_HEADER_BYTES;
        size -= CHUNK_HEADER_BYTES;
        chunk.data_bytes = length < size ? length : (__u16)size;
        feed(preamble, &chunk, data);
        check(cs_preamble_facts(preamble));
        next[chunk.direction] = chunk.offset + chunk.data_bytes;
        data += chunk.data_bytes;
        size -= chunk.data_bytes;
    }
    cs_preamble_free(preamble);
    return 0;
}
