/* SPDX-License-Identifier: MIT */
/* A fold whose records are kept: what they borrow is copied, so tests look at them at leisure. */
#pragma once

#include "user/fold/fold.h"

enum { CAPTURE_RECORDS = 16, CAPTURE_TEXT_BYTES = 96, CAPTURE_DETAIL = 3, CAPTURE_LOOKUP };

struct capture {
    struct cs_fold *fold;
    size_t count;
    struct cs_record records[CAPTURE_RECORDS];
    struct cs_preamble_facts tunnels[CAPTURE_RECORDS];
    char texts[CAPTURE_RECORDS][5][CAPTURE_TEXT_BYTES]; /* exe, cgroup, library, detail, lookup */
};

/* `max_pending` 0: the fold's default. */
void capture_open(struct capture *capture, size_t max_pending);
void capture_close(struct capture *capture);

#define GIVE(capture, builder)                                                                     \
    do {                                                                                           \
        __typeof__(builder) given = builder;                                                       \
        cs_fold_event((capture)->fold, &given.event);                                              \
    } while (0)
