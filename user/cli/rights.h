/* SPDX-License-Identifier: MIT */
/*
 * What the recording process may still do once everything is loaded, attached and open. A command
 * was forked before and keeps what it had. docs/rights.md says why each right is kept.
 */
#pragma once

#include <connspan/tracer.h>
#include <sys/types.h>

#include "user/cli/console.h"
#include "user/cli/options.h"

/*
 * No new privileges, and the capabilities that this run still needs, for the calling thread and
 * those it starts afterwards; the system calls of a running tracer, for all threads. `command` is
 * the process that signals are passed on to, or 0. 0 or -errno, described: then nothing may be
 * traced.
 */
int cs_rights_limit(const struct cs_options *options, const struct connspan_run *run, pid_t command,
                    struct cs_console *console);
