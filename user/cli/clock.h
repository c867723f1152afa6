/* SPDX-License-Identifier: MIT */
/* The command line's own deadlines (stats line, status, drain); entries bring their times along. */
#pragma once

#include <stdint.h>
#include <time.h>

#define CS_NS_PER_MS  1000000ull
#define CS_NS_PER_SEC 1000000000ull

static inline uint64_t cs_clock_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * CS_NS_PER_SEC + (uint64_t)now.tv_nsec;
}
