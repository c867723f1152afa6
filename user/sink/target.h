/* SPDX-License-Identifier: MIT */
/*
 * Where a format's bytes go: a file with a name, which has a thread, rotates and is replaced, or a
 * stream (a pipe, a terminal, an inherited descriptor), which gets everything once.
 */
#pragma once

#include <time.h>

#include "user/file/spool.h"
#include "user/sink/sink.h"

struct cs_target;

struct cs_target_options {
    const char *path;
    const struct cs_format *format;
    unsigned mode;
    struct cs_spool_options kept;
};

int cs_target_open(const struct cs_target_options *options, const struct cs_log *log,
                   struct cs_target **target);

bool cs_target_is_file(const struct cs_target *target);

/* What stood in a file of lines when it was opened, and when it was last written. */
uint64_t cs_target_bytes(const struct cs_target *target);
time_t cs_target_time(const struct cs_target *target);

/* As in spool.h. On a stream only CS_BEGIN_FIRST does anything. */
int cs_target_begin(struct cs_target *target, enum cs_begin how, const char *header, size_t length);
int cs_target_add(struct cs_target *target, const char *unit, size_t length);
int cs_target_replace(struct cs_target *target, const char *content, size_t length);
int cs_target_flush(struct cs_target *target);
uint64_t cs_target_take_lost(struct cs_target *target);
int cs_target_finish(struct cs_target *target);
int cs_target_close(struct cs_target *target);
