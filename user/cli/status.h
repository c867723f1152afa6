/* SPDX-License-Identifier: MIT */
/*
 * The running status: what it says and when it is due. Time comes in as an argument; drawing is the
 * console's. An idle host is not redrawn, so that the status costs no wake-up.
 */
#pragma once

#include <connspan/tracer.h>

#define CS_STATUS_ROOM 128

struct cs_status {
    uint64_t drawn_ns;   /* 0: never */
    uint64_t sampled_ns; /* when `sampled` was taken; 0: never */
    uint64_t sampled;    /* entries then */
    uint64_t per_second; /* between the last two samples */
    uint64_t entries_drawn;
};

/* When to draw next; UINT64_MAX: nothing would change. `standing`: the line is still there. */
uint64_t cs_status_due_ns(const struct cs_status *status, uint64_t entries, bool standing);

/* Takes the new figures and writes the line, at most `columns` wide (0: any), into `text`. */
void cs_status_line(struct cs_status *status, uint64_t now_ns, const struct connspan_stats *stats,
                    int columns, char text[CS_STATUS_ROOM]);
