/* SPDX-License-Identifier: MIT */
/* The socket as a file: made, given away, removed. */
#pragma once

#include <connspan/listener.h>
#include <sys/types.h>

#include "user/base/log.h"

struct cs_socket {
    int fd;
    char path[108]; /* sockaddr_un has no room for more */
    dev_t device;
    ino_t inode;
};

/* As connspan_listener_open says. */
int cs_socket_listen(struct cs_socket *made, const struct connspan_listener_options *options,
                     const struct cs_log *log);
void cs_socket_close(struct cs_socket *made); /* and removes it, if it is still ours */

/* 0 and a connected fd, or -errno, described. Waits at most `patience_s`, also in later reads. */
int cs_socket_connect(const char *path, int patience_s, const struct cs_log *log, int *fd);
