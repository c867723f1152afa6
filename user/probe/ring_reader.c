/* SPDX-License-Identifier: MIT */
/* The two barriers of the protocol, and records that wrap around the end. */
#include "user/probe/ring_reader.h"

#include <linux/perf_event.h>
#include <string.h>

void cs_ring_reader_look(struct cs_ring_reader *reader)
{
    /* Pairs with the barrier in perf_output_put_handle(): no data is read before its head. */
    reader->head = __atomic_load_n(&reader->page->data_head, __ATOMIC_ACQUIRE);
}

size_t cs_ring_reader_next(struct cs_ring_reader *reader, uint64_t *broken)
{
    uint64_t there = reader->head - reader->tail;
    struct perf_event_header header;

    if (there == 0)
        return 0;
    if (there >= sizeof(header)) {
        cs_ring_reader_copy(reader, 0, &header, sizeof(header));
        if (header.size >= sizeof(header) && header.size <= there)
            return header.size;
    }
    (*broken)++;
    reader->tail = reader->head;
    return 0;
}

void cs_ring_reader_copy(const struct cs_ring_reader *reader, size_t from, void *out, size_t bytes)
{
    uint64_t at = (reader->tail + from) & (reader->bytes - 1);
    uint64_t to_end = reader->bytes - at;
    size_t first = bytes < to_end ? bytes : to_end;

    memcpy(out, reader->data + at, first);
    memcpy((uint8_t *)out + first, reader->data, bytes - first);
}

void cs_ring_reader_skip(struct cs_ring_reader *reader, size_t bytes)
{
    reader->tail += bytes;
}

void cs_ring_reader_release(struct cs_ring_reader *reader)
{
    /* All reads are done before the kernel may write over them. */
    __atomic_store_n(&reader->page->data_tail, reader->tail, __ATOMIC_RELEASE);
}
