/* SPDX-License-Identifier: MIT */
/*
 * The system calls that a running tracer makes; the kernel refuses it all others (seccomp(2)). What
 * was forked before is not touched.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct cs_calls {
    bool perf_uprobes; /* probes are put on by perf_event_open(2) */
    pid_t command;     /* may be sent signals; 0: none */
};

/* For all threads of the process, with no_new_privs. 0 or -errno: no filter is there. */
int cs_calls_limit(const struct cs_calls *calls);
