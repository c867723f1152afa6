/* SPDX-License-Identifier: MIT */
/* Finding the root of the cgroup v2 hierarchy. */
#pragma once

#include "user/base/log.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The mount point in a line of /proc/PID/mountinfo, if the line is that of the whole v2 hierarchy.
 * Takes the line apart in place; NULL = another mount.
 */
char *cs_cgroup_mount_point(char *line);

/* A directory fd of the root, or -errno, said why. `is_partial`: it is not the host's root. */
int cs_cgroup_root_open(const struct cs_log *log, bool *is_partial);
