/* SPDX-License-Identifier: MIT */
/* The table by itself: queues, age, and the memory of ids that are done. */
#include "user/fold/pending.h"

#include <criterion/criterion.h>

Test(pending, is_found_by_id_until_forgotten)
{
    static struct cs_pending_table table;
    struct cs_pending *pending;

    cs_pending_table_init(&table);
    pending = cs_pending_new(&table, 7, 100);
    cr_expect_eq(cs_pending_find(&table, 7), pending);
    cr_expect_null(cs_pending_find(&table, 8));
    cs_pending_forget(&table, pending);
    cr_expect_null(cs_pending_find(&table, 7));
    cs_pending_table_free(&table);
}

Test(pending, the_oldest_is_the_first_born_of_all_queues)
{
    static struct cs_pending_table table;
    struct cs_pending *first, *second;

    cs_pending_table_init(&table);
    cr_expect_null(cs_pending_oldest(&table));
    first = cs_pending_new(&table, 1, 100);
    second = cs_pending_new(&table, 2, 200);
    cs_pending_new(&table, 3, 300);
    cs_pending_move(&table, first, CS_PENDING_WAIT);
    cs_pending_move(&table, second, CS_PENDING_OPEN);
    cr_expect_eq(cs_pending_oldest(&table), first);
    cs_pending_forget(&table, first);
    cr_expect_eq(cs_pending_oldest(&table), second);
    cs_pending_table_free(&table);
}

Test(pending, remembers_what_was_done_lately)
{
    static struct cs_pending_table table;

    cs_pending_table_init(&table);
    cr_expect_not(cs_pending_was_done(&table, 7));
    cs_pending_mark_done(&table, 7);
    cr_expect(cs_pending_was_done(&table, 7));
    cr_expect_not(cs_pending_was_done(&table, 8));
    cs_pending_table_free(&table);
}
