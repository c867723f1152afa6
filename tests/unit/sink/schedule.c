/* SPDX-License-Identifier: MIT */
/* When a file is full. That time passes is tests/live/test_files.py's. */
#include "user/sink/schedule.h"

#include <criterion/criterion.h>

Test(schedule, a_file_without_entries_is_never_full)
{
    struct cs_schedule schedule = {.rotate_bytes = 100, .rotate_every_ns = 1};

    cs_schedule_begin(&schedule, 500);
    cs_schedule_look(&schedule);
    cr_expect_not(cs_schedule_is_full(&schedule));
    cr_expect_eq(cs_schedule_wait_ms(&schedule, false), -1);
    schedule.entries++;
    cr_expect(cs_schedule_is_full(&schedule));
    cs_schedule_begin(&schedule, 50);
    cr_expect_not(cs_schedule_is_full(&schedule));
}

Test(schedule, nothing_is_ever_due_by_default)
{
    struct cs_schedule schedule = {.entries = 1, .bytes = 1ull << 40};

    cr_expect_not(cs_schedule_look(&schedule));
    cr_expect_not(cs_schedule_is_full(&schedule));
    cr_expect_eq(cs_schedule_wait_ms(&schedule, false), -1);
    cr_expect_eq(cs_schedule_wait_ms(&schedule, true), 200);
}

Test(schedule, a_file_of_another_day_is_old)
{
    struct cs_schedule schedule = {.rotate_bytes = 1000, .rotate_every_ns = 86400ull * 1000000000};
    time_t now = time(NULL);

    cr_expect_not(cs_schedule_is_old(&schedule, 10, now));
    cr_expect(cs_schedule_is_old(&schedule, 10, now - 86400));
    cr_expect(cs_schedule_is_old(&schedule, 1000, now));
    cr_expect_not(cs_schedule_is_old(&schedule, 0, now - 86400), "empty");
}

Test(schedule, snapshots_come_every_ten_seconds)
{
    struct cs_schedule schedule = {.snapshots = true};

    cr_expect(cs_schedule_look(&schedule));
    cr_expect_not(cs_schedule_look(&schedule));
    cr_expect_gt(cs_schedule_wait_ms(&schedule, false), 5000);
    cr_expect_leq(cs_schedule_wait_ms(&schedule, false), 10001);
}
