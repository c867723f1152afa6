/* SPDX-License-Identifier: MIT */
/* Owners in a scope release themselves: `cs_auto_free char *text = ...;`, `cs_auto_fd int fd =
 * -1;`. */
#pragma once

#include <stdlib.h>
#include <unistd.h>

static inline void cs_free_at(void *at)
{
    free(*(void **)at);
}

static inline void cs_close_at(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

#define cs_auto_free __attribute__((cleanup(cs_free_at)))
#define cs_auto_fd   __attribute__((cleanup(cs_close_at)))

/* Gives the fd away: the scope no longer closes it. */
static inline int cs_take_fd(int *fd)
{
    int taken = *fd;

    *fd = -1;
    return taken;
}
