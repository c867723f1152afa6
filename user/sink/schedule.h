/* SPDX-License-Identifier: MIT */
/* When a file is full, when a snapshot is due, and how long nobody need look at either. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct cs_schedule {
    uint64_t rotate_bytes;    /* 0: never */
    uint64_t rotate_every_ns; /* at its multiples, UTC; 0: never */
    bool snapshots;

    uint64_t bytes;       /* in the file */
    uint64_t entries;     /* of this run in the file: one without any is never full */
    uint64_t turn;        /* which multiple of rotate_every_ns it began in */
    bool over;            /* another one has come since */
    uint64_t snapshot_ns; /* CLOCK_MONOTONIC; when the last one was made */
};

/* A file begins, with so many bytes. */
void cs_schedule_begin(struct cs_schedule *schedule, uint64_t bytes);

/* Whether a file found at the start, last written then, should have been closed by now. */
bool cs_schedule_is_old(const struct cs_schedule *schedule, uint64_t bytes, time_t written);

/* Looks at the clocks. True: a snapshot is due, and taken to be made now. */
bool cs_schedule_look(struct cs_schedule *schedule);

/* Looks at no clock: it is asked before each entry. */
bool cs_schedule_is_full(const struct cs_schedule *schedule);

/* Until the next look is worth while; -1: something must happen first. */
int cs_schedule_wait_ms(const struct cs_schedule *schedule, bool pending);
