/* SPDX-License-Identifier: MIT */
/* Bounds, numbers that stay, and whose entries somebody who comes late is given. */
#include "user/share/backlog.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "user/share/protocol.h"

static struct cs_backlog backlog;

static void open_backlog(void)
{
    cs_backlog_open(&backlog);
}

static void close_backlog(void)
{
    cs_backlog_close(&backlog);
}

TestSuite(backlog, .init = open_backlog, .fini = close_backlog);

static void add(uint32_t uid, bool has_uid, size_t length)
{
    struct cs_entry_line *line = calloc(1, sizeof(*line) + length);

    line->uid = uid;
    line->has_uid = has_uid;
    line->length = length;
    while (cs_backlog_is_full(&backlog, length))
        cs_backlog_drop_oldest(&backlog);
    cs_backlog_add(&backlog, line);
}

static void expect_last(struct cs_reader reader, size_t count, uint64_t first, uint64_t before)
{
    uint64_t said;

    cr_expect_eq(cs_backlog_last(&backlog, &reader, count, &said), first);
    cr_expect_eq(said, before, "%u", (unsigned)said);
}

Test(backlog, bounded_by_entries)
{
    for (int i = 0; i < CS_BACKLOG_ENTRIES + 10; i++)
        add(0, true, 10);
    cr_expect_eq(backlog.first, 10);
    cr_expect_eq(backlog.end, CS_BACKLOG_ENTRIES + 10);
    cr_expect_eq(backlog.bytes, CS_BACKLOG_ENTRIES * 10);
}

Test(backlog, bounded_by_bytes)
{
    for (int i = 0; i < 20; i++)
        add(0, true, CS_BACKLOG_BYTES / 16);
    cr_expect_eq(backlog.end - backlog.first, 16);
    add(0, true, CS_BACKLOG_BYTES * 2);
    cr_expect_eq(backlog.end - backlog.first, 1, "one is always kept, however long");
}

Test(backlog, the_last_of_everything)
{
    for (int i = 0; i < 10; i++)
        add(1000, i % 2, 10);
    expect_last((struct cs_reader){.everything = true}, 3, 7, 7);
    expect_last((struct cs_reader){.everything = true}, 250, 0, 0);
    expect_last((struct cs_reader){.everything = true}, 0, 10, 10);
}

Test(backlog, the_last_of_one_user)
{
    for (uint32_t i = 0; i < 10; i++)
        add(i % 2 ? 1000 : 0, true, 10);
    add(0, false, 10); /* nobody knows whose: root's alone to see */
    expect_last((struct cs_reader){.uid = 1000}, 2, 7, 3);
    expect_last((struct cs_reader){.uid = 1000}, 250, 0, 0);
    expect_last((struct cs_reader){.uid = 1001}, 250, 0, 0);
}

Test(backlog, what_was_dropped_is_before)
{
    for (int i = 0; i < CS_BACKLOG_ENTRIES + 10; i++)
        add(1000, true, 10);
    expect_last((struct cs_reader){.uid = 1000}, CS_BACKLOG_ENTRIES, 10, 10);
}
