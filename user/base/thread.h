/* SPDX-License-Identifier: MIT */
/* Threads of the library: no signal of the caller's program is ever delivered to one. */
#pragma once

#include <pthread.h>

/* As pthread_create, with a name for ps(1) of at most 15 bytes. 0 or -errno. */
int cs_thread_start(pthread_t *thread, const char *name, void *(*run)(void *), void *context);

/* Of the calling thread: never a better one than it has. */
void cs_thread_nice(int nice);

/* Of the calling thread, for good: no capability is left, and no program it runs gains one. */
void cs_thread_give_up_rights(void);
