/* SPDX-License-Identifier: MIT */
/* Bytes and lines off a direction, with their times. */
#include "user/preamble/reader.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct cs_stream stream;
static struct cs_line line;

static void add(__u32 offset, const char *text, __u64 ts_ns)
{
    size_t length = strlen(text);
    struct cs_event_chunk *chunk = calloc(1, sizeof(*chunk) + length);

    cr_assert(chunk);
    chunk->event.ts_ns = ts_ns;
    chunk->offset = offset;
    chunk->data_bytes = (__u16)length;
    memcpy(chunk->data, text, length);
    cs_stream_add(&stream, chunk);
    free(chunk);
}

static void setup(void)
{
    stream = (struct cs_stream){.started = true};
    line = (struct cs_line){0};
}

static void teardown(void)
{
    cs_stream_wipe(&stream);
}

TestSuite(reader, .init = setup, .fini = teardown);

Test(reader, takes_all_or_nothing)
{
    __u8 bytes[5];
    __u64 last_ns = 0;

    add(0, "abc", 1);
    cr_expect_not(cs_reader_take(&stream, bytes, 5, &last_ns));
    add(3, "de", 2);
    add(5, "f", 3);
    cr_expect(cs_reader_take(&stream, bytes, 5, &last_ns));
    cr_expect_eq(memcmp(bytes, "abcde", 5), 0);
    cr_expect_eq(last_ns, 2, "of the last byte taken");
    cr_expect_eq(stream.next, 5);
}

Test(reader, a_line_may_come_in_parts)
{
    add(0, "first", 1);
    cr_expect_not(cs_line_read(&line, &stream, '\n', 64));
    add(5, " line\r\nsecond\n", 2);
    cr_expect(cs_line_read(&line, &stream, '\n', 64));
    cr_expect_str_eq(line.text, "first line\r");
    cr_expect_eq(line.length, 12);
    cr_expect_eq(line.end_ns, 2);
    cr_expect(cs_line_read(&line, &stream, '\n', 64));
    cr_expect_str_eq(line.text, "second");
    cr_expect_not(cs_line_read(&line, &stream, '\n', 64));
}

Test(reader, keeps_what_it_is_told_to)
{
    char longer[CS_LINE_KEEP_BYTES * 2 + 2];

    add(0, "secret\nsecret\n", 1);
    cr_expect(cs_line_read(&line, &stream, '\n', 0));
    cr_expect_str_eq(line.text, "");
    cr_expect(cs_line_read(&line, &stream, '\n', 2));
    cr_expect_str_eq(line.text, "se");
    memset(longer, 'x', sizeof(longer));
    memcpy(longer + sizeof(longer) - 2, "\n", 2);
    add(14, longer, 1);
    cr_expect(cs_line_read(&line, &stream, '\n', 1 << 20));
    cr_expect_eq(strlen(line.text), CS_LINE_KEEP_BYTES);
    cr_expect_eq(line.length, sizeof(longer) - 1);
}

Test(reader, knows_an_empty_line)
{
    add(0, "\r\n\nx\n\rx\n", 1);
    for (int i = 0; i < 4; i++) {
        cr_assert(cs_line_read(&line, &stream, '\n', 2));
        cr_expect_eq(cs_line_is_empty(&line), i < 2, "%d", i);
    }
}
