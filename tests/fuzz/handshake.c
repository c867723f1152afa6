/* SPDX-License-Identifier: MIT */
/*
 * A handshake fed with chunks that the input describes: each is 8 bytes - offset relative to where
 * the direction stood (2, signed), length (2), time step (1), direction and flags (1), 2 unused -
 * and then its bytes. So the fuzzer can cut, double, reorder and lie.
 */
#include "user/tls/handshake.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_HEADER_BYTES = 8, FROM_SERVER_BIT = 1, AT_RECORD_BIT = 2 };

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size);

static void feed(struct cs_handshake *handshake, const struct cs_event_chunk *like,
                 const __u8 *data)
{
    struct cs_event_chunk *chunk = malloc(sizeof(*chunk) + like->data_bytes);

    *chunk = *like;
    if (like->data_bytes)
        memcpy(chunk->data, data, like->data_bytes);
    cs_handshake_chunk(handshake, chunk);
    free(chunk);
}

static void check(const struct cs_tls_facts *facts)
{
    assert((facts->state == CS_TLS_DONE) == (facts->end_ns != 0));
    assert(facts->state != CS_TLS_FAILED || (facts->alert != CS_ALERT_NONE && facts->alert_ns));
    assert(facts->state != CS_TLS_DONE || facts->version);
}

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size)
{
    struct cs_handshake *handshake = cs_handshake_new();
    struct cs_event_chunk chunk = {.event.ts_ns = 1};
    __u32 next[2] = {0, 0};

    while (size >= CHUNK_HEADER_BYTES) {
        __u8 bits = data[5];
        __u16 length = (__u16)(data[2] << 8 | data[3]);

        chunk.direction = bits & FROM_SERVER_BIT ? CS_FROM_SERVER : CS_FROM_CLIENT;
        chunk.flags = bits & AT_RECORD_BIT ? CS_CHUNK_AT_RECORD : 0;
        chunk.offset = next[chunk.direction] + (__u32)(__s16)(data[0] << 8 | data[1]);
        chunk.event.ts_ns += data[4];
        data += CHUNK_HEADER_BYTES;
        size -= CHUNK_HEADER_BYTES;
        chunk.data_bytes = length < size ? length : (__u16)size;
        feed(handshake, &chunk, data);
        check(cs_handshake_facts(handshake));
        next[chunk.direction] = chunk.offset + chunk.data_bytes;
        data += chunk.data_bytes;
        size -= chunk.data_bytes;
    }
    cs_handshake_free(handshake);
    return 0;
}
