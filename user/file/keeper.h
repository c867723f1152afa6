/* SPDX-License-Identifier: MIT */
/*
 * What becomes of closed files: compressed, and the oldest removed. In a thread of its own at the
 * lowest priority, since compressing takes longer than an output may wait.
 */
#pragma once

#include "user/file/name.h"
#include "user/file/notes.h"

struct cs_keeper;

struct cs_keeper_options {
    const struct cs_file_name *name; /* of the live file; lives as long as the keeper */
    struct cs_notes *notes;          /* as the name */
    unsigned keep;                   /* closed files; 0: all */
    bool compress;
};

/* NULL: out of memory. The thread begins with the first call of cs_keeper_wake(). */
struct cs_keeper *cs_keeper_new(const struct cs_keeper_options *options);

/* There may be a closed file more, or one that an earlier run left uncompressed. */
void cs_keeper_wake(struct cs_keeper *keeper);

/* Stops in the middle of what it does; the next run goes on with it. NULL is fine. */
void cs_keeper_close(struct cs_keeper *keeper);
