/* SPDX-License-Identifier: MIT */
/*
 * The command that record runs. It is forked before the tracer is opened, so that it inherits none
 * of the tracer's limits, fds or signal settings, waits until told to start, and then is executed.
 */
#pragma once

#include <sys/types.h>

#include "user/cli/console.h"

struct cs_command {
    pid_t pid;      /* 0: no command */
    int pidfd;      /* readable once it has exited */
    int start_fd;   /* a byte here starts it, a close cancels it */
    int failure_fd; /* tells why it could not be executed; closed by a successful exec */
};

/*
 * Forks the waiting child. `user` may be NULL. 0 or -errno, described; -EINVAL: no such user.
 */
int cs_command_fork(struct cs_command *command, char *const *argv, const char *user,
                    struct cs_console *console);

/* Executes it. 0, or our exit status (126 or 127), described; the command is gone then. */
int cs_command_start(struct cs_command *command, const char *name, struct cs_console *console);

/* The child goes away without having executed anything. */
void cs_command_cancel(struct cs_command *command);

/* Waits for its end. Its exit status; 128 + N when signal N killed it. */
int cs_command_reap(struct cs_command *command);
