/* SPDX-License-Identifier: MIT */
/* Reads clocks; nothing else in the library does. */
#include "user/tracer/clock.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { TRIES = 5 };

static uint64_t read_ns(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t cs_clock_now_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

struct cs_clock_pair cs_clock_pair_now(void)
{
    struct cs_clock_pair best = {0};
    uint64_t narrowest = UINT64_MAX;

    for (int i = 0; i < TRIES; i++) {
        uint64_t before = read_ns(CLOCK_MONOTONIC);
        uint64_t wall = read_ns(CLOCK_REALTIME);
        uint64_t after = read_ns(CLOCK_MONOTONIC);

        if (after - before < narrowest) {
            narrowest = after - before;
            best = (struct cs_clock_pair){before + narrowest / 2, wall};
        }
    }
    return best;
}

int cs_clock_watch(void)
{
    const struct itimerspec never = {.it_value.tv_sec = 0xffffffff}; /* the year 2106 */
    int watch = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);

    if (watch < 0)
        return -errno;
    if (timerfd_settime(watch, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL)) {
        int error = errno;

        close(watch);
        return -error;
    }
    return watch;
}

/* The read that fails arms it again (timerfd_create(2)). */
bool cs_clock_was_set(int watch)
{
    uint64_t expired;

    return read(watch, &expired, sizeof(expired)) < 0 && errno == ECANCELED;
}
