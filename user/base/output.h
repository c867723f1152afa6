/* SPDX-License-Identifier: MIT */
/*
 * A buffered destination that takes whole units (a line, a record) and never makes its caller wait:
 * what a full disk or a slow reader does not take is kept up to a bound, then counted as lost. Does
 * not know what a unit means. Who writes to pipes ignores SIGPIPE.
 */
#pragma once

#include <stdint.h>

#include "user/base/log.h"

struct cs_output;

/* Takes the fd over, also on failure. `path` is for messages and is copied. 0 or -ENOMEM. */
int cs_output_new(int fd, const char *path, const struct cs_log *log, struct cs_output **output);

/* All of the unit or nothing. 0, or -errno of the trouble that it was lost to. */
int cs_output_add(struct cs_output *output, const void *unit, size_t length);

/* Tries to write what is held. 0: it was; 1: a slow reader left some; -errno: writing fails. */
int cs_output_flush(struct cs_output *output);

/* Units lost since the last call. */
uint64_t cs_output_take_lost(struct cs_output *output);

/* Gives a slow reader a last second; what is left then is lost, and counted. As close returns. */
int cs_output_finish(struct cs_output *output);

/*
 * Gives a slow reader a last second, cuts half a unit off a file, and frees. 0 or -errno: then not
 * everything was written, and the log says so. NULL is fine.
 */
int cs_output_close(struct cs_output *output);
