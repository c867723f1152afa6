/* SPDX-License-Identifier: MIT */
/* Which container a cgroup path belongs to, by the names container engines give their cgroups. */
#pragma once

enum { CS_CONTAINER_ID_BYTES = 65 };

/*
 * Writes the id, 64 hex digits, into `id` and returns it; NULL: no container. Known shapes:
 * /docker/ID, docker-ID.scope, libpod-ID.scope, cri-containerd-ID.scope, crio-ID.scope,
 * /kubepods/.../podUID/ID, ...slice:cri-containerd:ID. The innermost wins.
 */
const char *cs_container_id(const char *cgroup, char id[CS_CONTAINER_ID_BYTES]);
