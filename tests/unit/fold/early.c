/* SPDX-License-Identifier: MIT */
/* Turns that wait for their connection: in order, per connection, a bounded number. */
#include "user/fold/early.h"

#include <criterion/criterion.h>

static struct cs_early early;

static void keep(__u64 conn_id, __u64 offset)
{
    struct cs_event_turn turn = {
        .event = {.conn_id = conn_id, .size_bytes = sizeof(turn), .kind = CS_EVENT_TURN},
        .offset = offset,
    };

    cs_early_keep(&early, &turn);
}

/* Its offset; -1: there is none. */
static long take(__u64 conn_id)
{
    struct cs_event_turn *turn = cs_early_take(&early, conn_id);
    long offset = turn ? (long)turn->offset : -1;

    cs_early_drop(turn);
    return offset;
}

static void wipe(void)
{
    cs_early_wipe(&early);
}

TestSuite(early, .fini = wipe);

Test(early, comes_back_in_order)
{
    keep(1, 10);
    keep(2, 20);
    keep(1, 11);
    cr_expect_eq(take(1), 10);
    cr_expect_eq(take(1), 11);
    cr_expect_eq(take(1), -1);
    cr_expect_eq(take(2), 20);
}

Test(early, forgets_the_oldest)
{
    for (long i = 0; i < CS_EARLY_TURNS + 3; i++)
        keep(1, (__u64)i);
    cr_expect_eq(take(1), 3);
    keep(1, 100);
    for (long i = 4; i < CS_EARLY_TURNS + 3; i++)
        cr_expect_eq(take(1), i);
    cr_expect_eq(take(1), 100);
    cr_expect_eq(take(1), -1);
}
