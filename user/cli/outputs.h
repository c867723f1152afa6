/* SPDX-License-Identifier: MIT */
/*
 * The outputs of a run: one writer each, fed alike. They are opened before anything is traced, so
 * that a bad path fails first; if nothing comes of the run, files that we created are removed.
 */
#pragma once

#include <sys/types.h>

#include "user/cli/console.h"
#include "user/cli/options.h"

struct cs_output_file {
    struct connspan_writer *writer; /* NULL: given up */
    const char *path;
    bool created; /* by us */
    dev_t device;
    ino_t inode;
};

struct cs_outputs {
    struct cs_output_file files[CS_REPEAT_MAX];
    size_t count;
    uint64_t lost; /* entries that an output given up had lost */
    bool terminal; /* one of them is a terminal, where a status line may stand in the way */
    bool failed;   /* something could not be written */
};

/* 0 or -errno: described, and what was opened is discarded. -EINVAL: two of them are one file. */
int cs_outputs_open(struct cs_outputs *outputs, const struct cs_options *options,
                    struct cs_console *console);

/* Closes the outputs and removes the files that we created and that are still empty. */
void cs_outputs_discard(struct cs_outputs *outputs);

void cs_outputs_header(struct cs_outputs *outputs, const struct connspan_run *run);
void cs_outputs_entry(struct cs_outputs *outputs, const struct connspan_entry *entry);
void cs_outputs_stats(struct cs_outputs *outputs, const struct connspan_stats *stats);

/* 0: all is written; 1: some is under way, or cannot be written now. */
int cs_outputs_flush(struct cs_outputs *outputs);
/* After how many ms a flush is due although nothing comes; -1: not at all. */
int cs_outputs_wait_ms(const struct cs_outputs *outputs);

/* Whether one of them is to be rotated before the next entry. */
bool cs_outputs_full(const struct cs_outputs *outputs);
/* Rotates those that are full. */
void cs_outputs_rotate(struct cs_outputs *outputs, const struct connspan_run *run,
                       const struct connspan_stats *stats);
/* Somebody moved files away. */
void cs_outputs_reopen(struct cs_outputs *outputs, const struct connspan_run *run,
                       const struct connspan_stats *stats);
void cs_outputs_close(struct cs_outputs *outputs);

/* Entries lost since the last call. */
uint64_t cs_outputs_take_lost(struct cs_outputs *outputs);

/* False when every reader has gone away: nobody would see what is traced. */
bool cs_outputs_alive(const struct cs_outputs *outputs);
