/* SPDX-License-Identifier: MIT */
/* When the status is drawn and what it says; the test writes the time. */
#include "user/cli/status.h"

#include <criterion/criterion.h>
#include <string.h>

#define SECOND_NS 1000000000ull

Test(status, rate_of_the_last_second)
{
    struct cs_status status = {0};
    struct connspan_stats stats = {.entries = 10};
    char text[CS_STATUS_ROOM];

    cs_status_line(&status, SECOND_NS, &stats, 0, text);
    cr_assert_str_eq(text, "connspan: 10 entries  0/s  0 failures  0 dropped");
    stats = (struct connspan_stats){.entries = 60, .failures = 2, .dropped = 1};
    cs_status_line(&status, SECOND_NS * 3 / 2, &stats, 0, text);
    cr_assert_str_eq(text, "connspan: 60 entries  0/s  2 failures  1 dropped");
    stats.entries = 110;
    cs_status_line(&status, SECOND_NS * 3, &stats, 0, text);
    cr_assert_str_eq(text, "connspan: 110 entries  50/s  2 failures  1 dropped");
}

Test(status, four_times_a_second_at_most_and_never_when_idle)
{
    struct cs_status status = {0};
    struct connspan_stats stats = {.entries = 1};
    char text[CS_STATUS_ROOM];

    cr_assert_eq(cs_status_due_ns(&status, 0, false), 0);
    cs_status_line(&status, 8 * SECOND_NS, &stats, 0, text);
    cr_assert_eq(cs_status_due_ns(&status, 1, true), UINT64_MAX, "nothing new");
    cr_assert_eq(cs_status_due_ns(&status, 2, true), 8 * SECOND_NS + SECOND_NS / 4);
    cr_assert_eq(cs_status_due_ns(&status, 1, false), 8 * SECOND_NS + SECOND_NS / 4, "erased");
    stats.entries = 5;
    cs_status_line(&status, 9 * SECOND_NS, &stats, 0, text);
    cr_assert_eq(cs_status_due_ns(&status, 5, true), 10 * SECOND_NS, "the rate must fall to 0");
    cs_status_line(&status, 10 * SECOND_NS, &stats, 0, text);
    cr_assert_eq(cs_status_due_ns(&status, 5, true), UINT64_MAX);
}

Test(status, cut_to_the_terminal)
{
    struct cs_status status = {0};
    struct connspan_stats stats = {.entries = 123456};
    char text[CS_STATUS_ROOM];

    cs_status_line(&status, SECOND_NS, &stats, 20, text);
    cr_assert_eq(strlen(text), 19);
}
