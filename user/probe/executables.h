/* SPDX-License-Identifier: MIT */
/*
 * The program that a process runs, as a path in its own mount namespace: learned from exec and fork
 * as they happen, because when an entry is written the process may long be gone. Bounded: the
 * longest-known processes are forgotten first, and /proc tells again of those still alive.
 */
#pragma once

#include "user/probe/task_event.h"

struct cs_executables;

struct cs_executables *cs_executables_new(void); /* NULL = no memory */
void cs_executables_free(struct cs_executables *executables);

/* To be told every event of cs_watch, in its order. */
void cs_executables_note(struct cs_executables *executables, const struct cs_task_event *event);

/* NULL = unknown. Valid until the next call. Asks /proc at most once per unknown process. */
const char *cs_executables_path(struct cs_executables *executables, uint32_t pid);
