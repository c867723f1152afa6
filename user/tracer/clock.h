/* SPDX-License-Identifier: MIT */
/* The two clocks: CLOCK_MONOTONIC, which the hooks stamp with, and the wall clock for people. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct cs_clock_pair {
    uint64_t monotonic_ns;
    uint64_t unix_ns;
};

uint64_t cs_clock_now_ns(void);

/* Both clocks at one instant, as near as a few tries get. */
struct cs_clock_pair cs_clock_pair_now(void);

/* A descriptor that is readable when somebody set the wall clock, or the host slept; -errno. */
int cs_clock_watch(void);

/* Whether that happened since the last call. */
bool cs_clock_was_set(int watch);
