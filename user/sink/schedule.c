/* SPDX-License-Identifier: MIT */
/* Turns are counted from 1970, so that every run, and every host, rotates at the same instants. */
#include "user/sink/schedule.h"

enum { SNAPSHOT_MS = 10000, PENDING_MS = 200, LONGEST_MS = 3600000 };

#define NS_PER_S  1000000000u
#define NS_PER_MS 1000000u

static uint64_t now_ns(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

static uint64_t turn_at(const struct cs_schedule *schedule, uint64_t unix_ns)
{
    return schedule->rotate_every_ns ? unix_ns / schedule->rotate_every_ns : 0;
}

static uint64_t turn_now(const struct cs_schedule *schedule)
{
    return schedule->rotate_every_ns ? turn_at(schedule, now_ns(CLOCK_REALTIME)) : 0;
}

void cs_schedule_begin(struct cs_schedule *schedule, uint64_t bytes)
{
    schedule->bytes = bytes;
    schedule->entries = 0;
    schedule->turn = turn_now(schedule);
    schedule->over = false;
}

bool cs_schedule_is_old(const struct cs_schedule *schedule, uint64_t bytes, time_t written)
{
    uint64_t unix_ns = (uint64_t)written * NS_PER_S;

    if (bytes == 0)
        return false;
    return (schedule->rotate_bytes && bytes >= schedule->rotate_bytes) ||
           turn_at(schedule, unix_ns) != turn_now(schedule);
}

bool cs_schedule_look(struct cs_schedule *schedule)
{
    uint64_t now;

    schedule->over = turn_now(schedule) != schedule->turn;
    if (!schedule->snapshots)
        return false;
    now = now_ns(CLOCK_MONOTONIC);
    if (now - schedule->snapshot_ns < (uint64_t)SNAPSHOT_MS * NS_PER_MS)
        return false;
    schedule->snapshot_ns = now;
    return true;
}

bool cs_schedule_is_full(const struct cs_schedule *schedule)
{
    if (schedule->entries == 0)
        return false;
    return schedule->over || (schedule->rotate_bytes && schedule->bytes >= schedule->rotate_bytes);
}

static int to_ms(uint64_t ns)
{
    uint64_t ms = ns / NS_PER_MS + 1;

    return ms < LONGEST_MS ? (int)ms : LONGEST_MS;
}

int cs_schedule_wait_ms(const struct cs_schedule *schedule, bool pending)
{
    uint64_t every_ns = schedule->rotate_every_ns;

    if (pending)
        return PENDING_MS;
    if (schedule->snapshots) {
        uint64_t passed_ns = now_ns(CLOCK_MONOTONIC) - schedule->snapshot_ns;
        uint64_t whole_ns = (uint64_t)SNAPSHOT_MS * NS_PER_MS;

        return passed_ns < whole_ns ? to_ms(whole_ns - passed_ns) : 0;
    }
    if (every_ns && schedule->entries > 0)
        return schedule->over ? 0 : to_ms(every_ns - now_ns(CLOCK_REALTIME) % every_ns);
    return -1;
}
