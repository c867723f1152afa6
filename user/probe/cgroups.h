/* SPDX-License-Identifier: MIT */
/*
 * The cgroup v2 hierarchy of the host: its root, to attach to, and the paths behind the ids that
 * the kernel's records carry. Works on hybrid hosts, and on v1-only ones through a mount of our own
 * that nobody else sees.
 */
#pragma once

#include "user/base/log.h"

#include <stdbool.h>
#include <stdint.h>

struct cs_cgroups;

/* 0; -errno: no hierarchy can be had, said why. */
int cs_cgroups_open(const struct cs_log *log, struct cs_cgroups **cgroups);
void cs_cgroups_close(struct cs_cgroups *cgroups); /* NULL is fine */

int cs_cgroups_root(const struct cs_cgroups *cgroups); /* fd of the root directory; borrowed */

/* We are in a container, and the root is not the host's: what runs beside us is not seen. */
bool cs_cgroups_is_partial(const struct cs_cgroups *cgroups);

/* "/system.slice/x.service"; "/" for the root; NULL = gone. Valid until the next call. */
const char *cs_cgroups_path(struct cs_cgroups *cgroups, uint64_t id);

/* The id of a path in the hierarchy, with or without the mount point in front; 0 or -errno. */
int cs_cgroups_id(const struct cs_cgroups *cgroups, const char *path, uint64_t *id);
