/* SPDX-License-Identifier: MIT */
/*
 * A listener hands entries to any process of the host over a socket: to timelines of this library
 * (CONNSPAN_SOURCE_SOCKET), and to whoever reads JSON lines. docs/timeline.md has the protocol.
 * Root, and who runs the tracer, see everything; others see the entries of their own uid.
 * Nobody who reads slowly, or not at all, is ever waited for.
 * Threads: a listener, and its callback, belong to one thread at a time. It has a thread of its own
 * for the sockets, which gets no signal and never calls back; do not fork(2) without exec.
 */
#pragma once

#include <connspan/tracer.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct connspan_listener_options {
    size_t size;       /* sizeof(struct connspan_listener_options): see CONNSPAN_LISTENER_OPTIONS */
    const char *path;  /* of the socket; borrowed during open, as the next */
    const char *group; /* that owns it, by name or number; NULL: the process's */
    unsigned mode;     /* 0: 0666 */
    bool everyone;     /* everybody who can connect sees everything */
    connspan_log_fn on_log;
    void *context;
};

#define CONNSPAN_LISTENER_OPTIONS                                                                  \
    {                                                                                              \
        .size = sizeof(struct connspan_listener_options)                                           \
    }

struct connspan_listener;

/*
 * A socket that nobody listens at is replaced, anything else at the path is not: -EADDRINUSE
 * another tracer listens there, -EEXIST it is no socket of ours. -EINVAL: no such group. -errno.
 */
int connspan_listener_open(const struct connspan_listener_options *options,
                           const struct connspan_run *run, struct connspan_listener **listener);

/* Takes the entry; it is handed over with the next flush. 0 or -errno: it is lost, and counted. */
int connspan_listener_entry(struct connspan_listener *listener, const struct connspan_entry *entry);

/* Lets the thread hand over what was taken. Never waits. */
void connspan_listener_flush(struct connspan_listener *listener);

/* Entries that no observer was given, since the last call. What one of them was too slow for is
 * told to that one. */
uint64_t connspan_listener_take_lost(struct connspan_listener *listener);

/* Tells the observers that it was the end, waits half a second for slow ones, removes the socket.
 */
void connspan_listener_close(struct connspan_listener *listener);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
