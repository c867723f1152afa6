/* SPDX-License-Identifier: MIT */
/* The reading end of one perf ring (linux/perf_event.h, struct perf_event_mmap_page). */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct perf_event_mmap_page;

struct cs_ring_reader {
    struct perf_event_mmap_page *page; /* the data follows one page later */
    const uint8_t *data;
    uint64_t bytes; /* of data: a power of two */
    uint64_t head;  /* of the last look */
    uint64_t tail;
};

/* Looks how far the kernel has written; records up to there can be read. */
void cs_ring_reader_look(struct cs_ring_reader *reader);

/* Size of the next record; 0 = none. What is no record empties the ring and counts as `broken`. */
size_t cs_ring_reader_next(struct cs_ring_reader *reader, uint64_t *broken);

/* Copies bytes of the next record, wherever the ring wraps. */
void cs_ring_reader_copy(const struct cs_ring_reader *reader, size_t from, void *out, size_t bytes);

/* Steps over the next record; its room is given back by release. */
void cs_ring_reader_skip(struct cs_ring_reader *reader, size_t bytes);
void cs_ring_reader_release(struct cs_ring_reader *reader);
