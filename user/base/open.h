/* SPDX-License-Identifier: MIT */
/*
 * Opens a destination for writing without being led astray: what runs as root must not follow a
 * link that somebody left in a shared directory. What is written, and how, is user/base/output.h's.
 */
#pragma once

#include <stdbool.h>

#include "user/base/log.h"

/*
 * "-", /dev/stdout and /dev/fd/N are descriptors that we inherited. Anything else is opened for
 * appending, and created with exactly `mode` if it is not there. On success *fd is the caller's.
 * -EISDIR a directory, -ELOOP a symbolic link, -EPERM a file of another owner or with several
 * links, -ENOTSUP a socket or a disk, -errno of open(2).
 */
int cs_open_output(const char *path, unsigned mode, const struct cs_log *log, int *fd);

/* Whether the path names a descriptor, not a file: nothing can be renamed to it or opened anew. */
bool cs_open_is_inherited(const char *path);
