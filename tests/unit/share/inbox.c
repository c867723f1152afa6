/* SPDX-License-Identifier: MIT */
/* What is put in comes out once, in order; what is too much is refused; the end is told. */
#include "user/share/inbox.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "user/share/protocol.h"

static struct cs_inbox inbox;
static struct cs_entry_lines lines;

static void open_inbox(void)
{
    cr_assert_eq(cs_inbox_open(&inbox), 0);
}

static void close_inbox(void)
{
    cs_inbox_close(&inbox);
    free(lines.lines);
}

TestSuite(inbox, .init = open_inbox, .fini = close_inbox);

static int add(uint32_t uid, size_t length)
{
    struct cs_entry_line *line = calloc(1, sizeof(*line));

    line->uid = uid;
    line->length = length; /* of no text: nothing here reads it */
    return cs_inbox_add(&inbox, line);
}

static void forget(void)
{
    for (size_t i = 0; i < lines.count; i++)
        free(lines.lines[i]);
    lines.count = lines.bytes = 0;
}

static bool is_awake(void)
{
    struct pollfd fd = {.fd = inbox.wake_fd, .events = POLLIN};

    return poll(&fd, 1, 0) == 1;
}

Test(inbox, in_order_and_once)
{
    for (uint32_t i = 0; i < 1000; i++)
        cr_assert_eq(add(i, 10), 0);
    cr_expect_not(cs_inbox_take(&inbox, &lines));
    cr_assert_eq(lines.count, 1000);
    for (uint32_t i = 0; i < 1000; i++)
        cr_expect_eq(lines.lines[i]->uid, i);
    forget();
    cs_inbox_take(&inbox, &lines);
    cr_expect_eq(lines.count, 0);
}

Test(inbox, bounded)
{
    cr_expect_eq(add(1, CS_INBOX_BYTES - 10), 0);
    cr_expect_eq(add(2, 11), -ENOBUFS);
    cr_expect_eq(add(3, 10), 0);
    cs_inbox_take(&inbox, &lines);
    cr_expect_eq(lines.count, 2);
    forget();
    cr_expect_eq(add(4, CS_INBOX_BYTES), 0, "there is room again");
}

Test(inbox, nobody_is_woken_before_a_flush)
{
    add(1, 10);
    cr_expect_not(is_awake());
    cs_inbox_wake(&inbox);
    cr_expect(is_awake());
    cs_inbox_take(&inbox, &lines);
    forget();
    cr_expect_not(is_awake());
}

Test(inbox, the_last_ones_come_with_the_end)
{
    add(1, 10);
    cs_inbox_stop(&inbox);
    cr_expect(is_awake());
    cr_expect(cs_inbox_take(&inbox, &lines));
    cr_expect_eq(lines.count, 1);
    forget();
}
