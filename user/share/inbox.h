/* SPDX-License-Identifier: MIT */
/* From the tracer's thread to the socket's: lines, bounded, behind a lock held for a few moves. */
#pragma once

#include <pthread.h>

#include "user/share/line.h"

struct cs_entry_lines {
    struct cs_entry_line **lines;
    size_t count;
    size_t room;
    size_t bytes;
};

struct cs_inbox {
    pthread_mutex_t lock;
    struct cs_entry_lines lines;
    bool stopping;
    int wake_fd; /* readable once there is something to take */
};

int cs_inbox_open(struct cs_inbox *inbox); /* 0 or -errno */
void cs_inbox_close(struct cs_inbox *inbox);

/* Takes the line over, also on failure: -ENOBUFS, -ENOMEM. */
int cs_inbox_add(struct cs_inbox *inbox, struct cs_entry_line *line);
void cs_inbox_wake(struct cs_inbox *inbox);
void cs_inbox_stop(struct cs_inbox *inbox);

/* All that is there, in place of `lines`, which is empty. True: nothing more will come. */
bool cs_inbox_take(struct cs_inbox *inbox, struct cs_entry_lines *lines);
