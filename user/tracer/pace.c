/* SPDX-License-Identifier: MIT */
/* The timer behind the three paces. */
#include "user/tracer/pace.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { ROUNDS_BEFORE_SLEEP = 4 };

#define BUSY_NS  50000000l
#define DOZING_S 1

static void set_timer(const struct cs_pace *pace)
{
    struct itimerspec every = {0};

    if (pace->sleep == CS_READER_AWAKE)
        every.it_interval.tv_nsec = BUSY_NS;
    else if (pace->sleep == CS_READER_DOZING)
        every.it_interval.tv_sec = DOZING_S;
    every.it_value = every.it_interval;
    timerfd_settime(pace->timer_fd, 0, &every, NULL);
}

int cs_pace_open(struct cs_pace *pace)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

    if (fd < 0)
        return -errno;
    *pace = (struct cs_pace){.timer_fd = fd, .sleep = CS_READER_AWAKE};
    set_timer(pace);
    return 0;
}

void cs_pace_close(struct cs_pace *pace)
{
    if (pace->timer_fd > 0)
        close(pace->timer_fd);
}

static void change(struct cs_pace *pace, enum cs_reader_sleep sleep)
{
    if (pace->sleep == sleep)
        return;
    pace->sleep = sleep;
    set_timer(pace);
}

void cs_pace_round(struct cs_pace *pace, bool busy, bool pending)
{
    uint64_t expired;

    while (read(pace->timer_fd, &expired, sizeof(expired)) > 0)
        ;
    if (busy) {
        pace->quiet_rounds = 0;
        change(pace, CS_READER_AWAKE);
    } else if (pace->sleep != CS_READER_AWAKE || ++pace->quiet_rounds >= ROUNDS_BEFORE_SLEEP) {
        change(pace, pending ? CS_READER_DOZING : CS_READER_ASLEEP);
    }
}
