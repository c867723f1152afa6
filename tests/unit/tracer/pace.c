/* SPDX-License-Identifier: MIT */
/* The three paces of the reader: when it looks by itself, and when it lies down. */
#include "user/tracer/pace.h"

#include <criterion/criterion.h>
#include <sys/timerfd.h>

static struct cs_pace pace;

static void open_pace(void)
{
    cr_assert_eq(cs_pace_open(&pace), 0);
}

static void close_pace(void)
{
    cs_pace_close(&pace);
}

static long long interval_ns(void)
{
    struct itimerspec now;

    timerfd_gettime(pace.timer_fd, &now);
    return now.it_interval.tv_sec * 1000000000ll + now.it_interval.tv_nsec;
}

static void quiet_rounds(int count, bool pending)
{
    for (int i = 0; i < count; i++)
        cs_pace_round(&pace, false, pending);
}

TestSuite(pace, .init = open_pace, .fini = close_pace);

Test(pace, starts_awake)
{
    cr_expect_eq(pace.sleep, CS_READER_AWAKE);
    cr_expect_eq(interval_ns(), 50000000);
}

Test(pace, a_short_silence_keeps_it_awake)
{
    quiet_rounds(3, false);
    cr_expect_eq(pace.sleep, CS_READER_AWAKE);
    cs_pace_round(&pace, true, false);
    quiet_rounds(3, false);
    cr_expect_eq(pace.sleep, CS_READER_AWAKE);
}

Test(pace, dozes_by_the_second_while_something_is_in_progress)
{
    quiet_rounds(4, true);
    cr_expect_eq(pace.sleep, CS_READER_DOZING);
    cr_expect_eq(interval_ns(), 1000000000);
}

Test(pace, sleeps_without_a_timer_when_nothing_is)
{
    quiet_rounds(4, false);
    cr_expect_eq(pace.sleep, CS_READER_ASLEEP);
    cr_expect_eq(interval_ns(), 0);
}

Test(pace, something_that_began_meanwhile_makes_a_sleeper_doze)
{
    quiet_rounds(4, false);
    cs_pace_round(&pace, false, true);
    cr_expect_eq(pace.sleep, CS_READER_DOZING);
}

Test(pace, a_record_wakes_it)
{
    quiet_rounds(4, false);
    cs_pace_round(&pace, true, false);
    cr_expect_eq(pace.sleep, CS_READER_AWAKE);
    cr_expect_eq(interval_ns(), 50000000);
}
