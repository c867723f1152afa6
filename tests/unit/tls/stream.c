/* SPDX-License-Identifier: MIT */
/* The reassembly on its own: order, overlap, wrap, marks, bounds. */
#include "user/tls/stream.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct cs_stream stream;

static void add(__u32 offset, const char *text, __u64 ts_ns, __u8 flags)
{
    size_t length = strlen(text);
    struct cs_event_chunk *chunk = calloc(1, sizeof(*chunk) + length);

    cr_assert(chunk);
    chunk->event.ts_ns = ts_ns;
    chunk->offset = offset;
    chunk->data_bytes = (__u16)length;
    chunk->flags = flags;
    memcpy(chunk->data, text, length);
    cs_stream_add(&stream, chunk);
    free(chunk);
}

/* Takes all that is in order. */
static const char *taken(void)
{
    static char text[256];
    size_t length = 0;
    struct cs_span span;

    while (cs_stream_span(&stream, &span)) {
        memcpy(text + length, span.data, span.length);
        length += span.length;
        cs_stream_skip(&stream, (__u32)span.length);
    }
    text[length] = '\0';
    return text;
}

Test(stream, puts_pieces_in_order)
{
    stream.started = true;
    add(6, "ghi", 1, 0);
    add(3, "def", 2, 0);
    cr_expect_str_eq(taken(), "");
    add(0, "abc", 3, 0);
    cr_expect_str_eq(taken(), "abcdefghi");
    add(2, "cdefghijk", 4, 0);
    cr_expect_str_eq(taken(), "jk");
    cr_expect_eq(stream.held_bytes, 0);
    cr_expect_eq(stream.held_pieces, 0);
}

Test(stream, first_to_bring_a_byte_gives_its_value_and_time)
{
    struct cs_span span;

    stream.started = true;
    add(2, "XX", 1, 0);
    add(6, "YY", 2, 0);
    add(0, "abcdefghij", 3, 0);
    cr_assert(cs_stream_span(&stream, &span));
    cr_expect_eq(span.ts_ns, 3);
    cs_stream_skip(&stream, 2);
    cr_assert(cs_stream_span(&stream, &span));
    cr_expect_eq(span.ts_ns, 1);
    cr_expect_str_eq(taken(), "XXefYYij");
    cs_stream_wipe(&stream);
}

Test(stream, begins_at_the_earliest_offset_until_started)
{
    __u8 bytes[8];

    add(100, "cd", 1, 0);
    cr_expect_eq(stream.next, 100);
    add(98, "ab", 2, 0);
    cr_expect_eq(stream.next, 98);
    cr_expect_eq(cs_stream_peek(&stream, bytes, sizeof(bytes)), 4);
    cr_expect_eq(memcmp(bytes, "abcd", 4), 0);
    cs_stream_wipe(&stream);
}

Test(stream, offsets_wrap)
{
    stream.started = true;
    stream.next = 0xfffffffe;
    add(2, "ef", 1, 0);
    add(0, "cd", 1, 0);
    add(0xfffffffc, "--ab", 1, 0);
    cr_expect_str_eq(taken(), "abcdef");
    cr_expect_eq(stream.next, 4);
}

Test(stream, skips_what_never_came)
{
    stream.started = true;
    add(0, "abc", 1, 0);
    add(10, "xyz", 1, 0);
    cs_stream_skip(&stream, 11);
    cr_expect_str_eq(taken(), "yz");
}

Test(stream, resync_goes_to_the_first_mark_ahead)
{
    stream.started = true;
    add(0, "abc", 1, CS_CHUNK_AT_RECORD);
    cr_expect_not(cs_stream_resync(&stream), "it is there already");
    cr_expect_str_eq(taken(), "abc");
    add(20, "second", 1, CS_CHUNK_AT_RECORD);
    add(10, "first", 1, CS_CHUNK_AT_RECORD);
    cr_expect(cs_stream_resync(&stream));
    cr_expect_str_eq(taken(), "first");
    cr_expect_not(cs_stream_resync(&stream));
    cs_stream_wipe(&stream);
}

Test(stream, knows_how_far_it_reaches)
{
    stream.started = true;
    cr_expect_not(cs_stream_reaches(&stream, 0));
    add(5, "abc", 1, 0);
    cr_expect(cs_stream_reaches(&stream, 7));
    cr_expect_not(cs_stream_reaches(&stream, 8));
    cs_stream_wipe(&stream);
}

Test(stream, holds_no_more_than_its_window_but_takes_what_is_next)
{
    char page[1025];

    memset(page, 'p', sizeof(page) - 1);
    page[sizeof(page) - 1] = '\0';
    stream.started = true;
    for (__u32 i = 0; i < 40; i++)
        add(10 + 1024 * i, page, 1, 0);
    cr_expect_eq(stream.held_bytes, CS_STREAM_HOLD_BYTES);
    cr_expect(stream.overflow);
    add(0, "0123456789", 1, 0);
    cr_expect(cs_stream_span(&stream, &(struct cs_span){0}));
    cs_stream_skip(&stream, 10 + CS_STREAM_HOLD_BYTES);
    cr_expect_eq(stream.held_bytes, 0);
}

Test(stream, single_bytes_are_bounded_too)
{
    stream.started = true;
    for (__u32 i = 0; i < 3 * CS_STREAM_HOLD_PIECES; i++)
        add(1 + 2 * i, "x", 1, 0);
    cr_expect_eq(stream.held_pieces, CS_STREAM_HOLD_PIECES);
    cs_stream_wipe(&stream);
    cr_expect_eq(stream.held_pieces, 0);
}
