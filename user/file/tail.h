/* SPDX-License-Identifier: MIT */
/* The end of a file of lines that is going to be continued, as a killed run may have left it. */
#pragma once

#include "user/base/log.h"

/*
 * Cuts a last line that has no end, if it begins as ours do and within the last 64 KB. Any other
 * gets its end. -EEXIST: the file does not begin with `title` (NULL: any beginning will do). 0 or
 * -errno; what is not a regular file that can be read is left as it is.
 */
int cs_tail_mend(int fd, const char *path, const char *title, const struct cs_log *log);
