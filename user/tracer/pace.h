/* SPDX-License-Identifier: MIT */
/*
 * When the reader reads. Busy: every 50 ms by a timer, so that no record wakes it (a wake-up per
 * record halves a busy host's connection rate), sooner only where a quarter of the ring is full.
 * Quiet, with connections in progress: once a second, for what is overdue, and at once on a record.
 * Nothing in progress: asleep without a timer, until the kernel wakes it; an idle host is not
 * disturbed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "include/wire/knobs.h"

struct cs_pace {
    int timer_fd;
    enum cs_reader_sleep sleep;
    unsigned quiet_rounds;
};

int cs_pace_open(struct cs_pace *pace); /* 0 or -errno; starts awake */
void cs_pace_close(struct cs_pace *pace);

/* After a round: `busy` if it brought records, `pending` if something is in progress. */
void cs_pace_round(struct cs_pace *pace, bool busy, bool pending);
