/* SPDX-License-Identifier: MIT */
/* A ring of 64 bytes, with the test in the place of the kernel. */
#include "user/probe/ring_reader.h"

#include <criterion/criterion.h>
#include <linux/perf_event.h>
#include <string.h>

enum { BYTES = 64 };

struct ring {
    struct perf_event_mmap_page page;
    uint8_t data[BYTES];
    struct cs_ring_reader reader;
    uint64_t broken;
};

static void set_up(struct ring *ring)
{
    ring->reader = (struct cs_ring_reader){.page = &ring->page, .data = ring->data, .bytes = BYTES};
}

/* What the kernel does. */
static void write_record(struct ring *ring, uint16_t size, uint8_t fill)
{
    struct perf_event_header header = {.type = fill, .size = size};

    for (uint16_t i = 0; i < size; i++) {
        uint8_t byte = i < sizeof(header) ? ((uint8_t *)&header)[i] : fill;

        ring->data[(ring->page.data_head + i) % BYTES] = byte;
    }
    ring->page.data_head += size;
}

Test(ring_reader, reads_records_around_the_end)
{
    static struct ring ring;
    uint8_t record[BYTES];

    set_up(&ring);
    for (uint8_t fill = 1; fill < 100; fill++) {
        write_record(&ring, 24, fill);
        cs_ring_reader_look(&ring.reader);
        cr_assert_eq(cs_ring_reader_next(&ring.reader, &ring.broken), 24);
        cs_ring_reader_copy(&ring.reader, 0, record, 24);
        for (int i = 8; i < 24; i++)
            cr_assert_eq(record[i], fill, "record %u, byte %d", fill, i);
        cs_ring_reader_skip(&ring.reader, 24);
        cr_assert_eq(cs_ring_reader_next(&ring.reader, &ring.broken), 0);
        cr_assert_lt(ring.page.data_tail, ring.page.data_head, "room is not given back yet");
        cs_ring_reader_release(&ring.reader);
        cr_assert_eq(ring.page.data_tail, ring.page.data_head);
    }
    cr_expect_eq(ring.broken, 0);
}

Test(ring_reader, sees_only_what_was_there_when_it_looked)
{
    static struct ring ring;

    set_up(&ring);
    write_record(&ring, 16, 1);
    cs_ring_reader_look(&ring.reader);
    write_record(&ring, 16, 2);
    cs_ring_reader_skip(&ring.reader, cs_ring_reader_next(&ring.reader, &ring.broken));
    cr_expect_eq(cs_ring_reader_next(&ring.reader, &ring.broken), 0);
}

Test(ring_reader, gives_up_on_what_is_no_record)
{
    static const uint16_t sizes[] = {0, 7, 40};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        struct ring ring = {.broken = 0};
        struct perf_event_header header = {.size = sizes[i]};

        set_up(&ring);
        memcpy(ring.data, &header, sizeof(header));
        ring.page.data_head = 32;
        cs_ring_reader_look(&ring.reader);
        cr_expect_eq(cs_ring_reader_next(&ring.reader, &ring.broken), 0, "size %u", sizes[i]);
        cr_expect_eq(ring.broken, 1);
        cs_ring_reader_release(&ring.reader);
        cr_expect_eq(ring.page.data_tail, 32, "and starts anew behind it");
    }
}
