/* SPDX-License-Identifier: MIT */
/*
 * Takes whole units (a line, a part of a document) for a file, and writes them in a thread of its
 * own: a disk that is slow, full or gone never makes the caller wait. What it does not take is held
 * up to a bound, tried again every second, and beyond that counted as lost. All functions belong to
 * the caller's thread, and so does the log; only this file and what it calls run in the other.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/base/log.h"
#include "user/file/file.h"

struct cs_spool;

struct cs_spool_options {
    unsigned keep; /* closed files; 0: all */
    bool compress; /* closed files */
};

/* Takes the file over, also on failure. 0 or -ENOMEM. */
int cs_spool_new(struct cs_file *file, const char *path, const struct cs_spool_options *options,
                 const struct cs_log *log, struct cs_spool **spool);

enum cs_begin {
    CS_BEGIN_FIRST,  /* in the file as it was opened */
    CS_BEGIN_ROTATE, /* it gets its name as a closed one, and a new one begins */
    CS_BEGIN_REOPEN, /* somebody moved it away: what its path names now is the file */
};

/* Behind all that was added so far. 0 or -ENOMEM. */
int cs_spool_begin(struct cs_spool *spool, enum cs_begin how, const char *header, size_t length);

/* All of the unit or nothing. 0, or -errno of the trouble that it was lost to. */
int cs_spool_add(struct cs_spool *spool, const void *unit, size_t length);

/* The whole content anew, in place of what was added or replaced before. 0 or -ENOMEM. */
int cs_spool_replace(struct cs_spool *spool, const void *content, size_t length);

/* Hands over what is held. 0: all is in the file; 1: it is under way; -errno: it cannot be. */
int cs_spool_flush(struct cs_spool *spool);

/* Units lost since the last call. */
uint64_t cs_spool_take_lost(struct cs_spool *spool);

/* Gives a disk that still takes something a few seconds; what is left is lost, and counted. */
int cs_spool_finish(struct cs_spool *spool);

/* The same, and frees. 0 or -errno: not everything was written. NULL is fine. */
int cs_spool_close(struct cs_spool *spool);
