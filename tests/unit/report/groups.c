/* SPDX-License-Identifier: MIT */
/* Rows in bounded memory: who is kept, who is merged, and that nothing gets lost. */
#include "user/report/groups.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct cs_groups groups;

static void add(const char *key, uint64_t total_ns)
{
    struct cs_measure measure = {
        .connection = true,
        .spans_ns = {CONNSPAN_UNKNOWN, CONNSPAN_UNKNOWN, CONNSPAN_UNKNOWN, total_ns},
    };

    cr_assert_eq(cs_groups_add(&groups, key, &measure), 0);
}

static void clear(void)
{
    cs_groups_free(&groups);
}

TestSuite(groups, .fini = clear);

Test(groups, most_connections_first)
{
    struct cs_row **rows;

    add("one", 1000000);
    add("two", 2000000);
    add("two", 4000000);
    rows = cs_groups_sorted(&groups);
    cr_assert_eq(groups.rows.count, 2);
    cr_expect_str_eq(rows[0]->key, "two");
    cr_expect_eq(rows[0]->connections, 2);
    cr_expect_eq(rows[0]->spans[CS_SPAN_TOTAL].max_ns, 4000000);
    cr_expect_eq(rows[0]->spans[CS_SPAN_TLS].count, 0);
    free(rows);
}

/* Requests of connections that another row tells of: those that fail come before those that do not,
 * and stay counted when rows become one. */
Test(groups, then_most_that_failed_later)
{
    struct cs_measure reset = {
        .failed = true,
        .spans_ns = {CONNSPAN_UNKNOWN, CONNSPAN_UNKNOWN, CONNSPAN_UNKNOWN, CONNSPAN_UNKNOWN},
    };
    struct cs_measure done = reset;
    struct cs_row **rows;

    done.failed = false;
    cr_assert_eq(cs_groups_add(&groups, "a", &done), 0);
    cr_assert_eq(cs_groups_add(&groups, "b", &reset), 0);
    add("one", 1000000);
    rows = cs_groups_sorted(&groups);
    cr_expect_str_eq(rows[0]->key, "one");
    cr_expect_str_eq(rows[1]->key, "b");
    cr_expect_eq(rows[1]->connections + rows[1]->failed, 0);
    cr_assert_eq(cs_row_merge(rows[2], rows[1]), 0);
    cr_expect_eq(rows[2]->failed_later, 1);
    free(rows);
}

/* A hundred thousand destinations, among which two come again and again. */
Test(groups, who_comes_often_stays)
{
    uint64_t total = 0;
    struct cs_row **rows;
    char key[32];

    for (int i = 0; i < 100000; i++) {
        snprintf(key, sizeof(key), "rare-%d", i);
        add(key, 1000000);
        if (i % 10 == 0)
            add("often", 2000000);
        if (i % 20 == 0)
            add("sometimes", 3000000);
    }
    rows = cs_groups_sorted(&groups);
    cr_expect_leq(groups.rows.count, CS_GROUPS_ROWS);
    cr_expect_str_eq(rows[0]->key, "often");
    cr_expect_eq(rows[0]->connections, 10000);
    cr_expect_str_eq(rows[1]->key, "sometimes");
    cr_expect_eq(rows[1]->connections, 5000);
    for (size_t i = 0; i < groups.rows.count; i++)
        total += rows[i]->connections;
    cr_expect_eq(total + groups.others.connections, 115000);
    cr_expect_gt(groups.merged, 90000);
    cr_expect_gt(groups.missed, 0);
    cr_expect_lt(groups.missed, 100);
    free(rows);
}

Test(groups, memory_has_a_bound)
{
    size_t most = 0;
    char key[32];

    /* every row has durations over the whole scale */
    for (int i = 0; i < 3000; i++) {
        snprintf(key, sizeof(key), "wide-%d", i);
        for (unsigned shift = 10; shift < 44; shift++)
            add(key, 1ull << shift);
        most = groups.bytes > most ? groups.bytes : most;
    }
    cr_expect_leq(most, CS_GROUPS_BYTES + 34 * 64 * sizeof(uint32_t));
    cr_expect_gt(groups.merged, 0);
}
