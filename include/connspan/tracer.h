/* SPDX-License-Identifier: MIT */
/*
 * A tracer: open it, wait on its fd, poll it, and get one entry per connection by callback.
 * The same handle reads a live host (root) or a tape (anyone).
 * Errors: 0 or -errno; the text goes once to the log callback. -EPERM, -EOPNOTSUPP and -EXDEV from
 * open mean that this host cannot be traced, or not from here. Threads: a tracer and its callbacks
 * belong to one thread at a time; different tracers may live in different threads.
 */
#pragma once

#include <connspan/entry.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

enum connspan_level { CONNSPAN_ERROR, CONNSPAN_WARNING, CONNSPAN_INFO, CONNSPAN_DEBUG };

/* `text` is one line without a newline. */
typedef void (*connspan_log_fn)(void *context, enum connspan_level level, const char *text);
typedef void (*connspan_entry_fn)(void *context, const struct connspan_entry *entry);

/* Force the way connectStart is learned; BASIC is cgroup_connect. */
enum connspan_connect_hook {
    CONNSPAN_HOOK_AUTO,
    CONNSPAN_HOOK_FENTRY,
    CONNSPAN_HOOK_KPROBE,
    CONNSPAN_HOOK_BASIC,
};

/* Same kind = or, different kinds = and; an empty list passes everything. Borrowed during open. */
struct connspan_filter {
    const uint32_t *pids; /* thread groups, with all they fork later */
    size_t pid_count;
    const char *const *comms; /* leader's or thread's comm, or basename of exe; glob(7) allowed */
    size_t comm_count;
    const uint16_t *ports; /* remote port of a client, local port of a server */
    size_t port_count;
    const char *const *cgroups; /* paths in the v2 hierarchy, descendants included */
    size_t cgroup_count;
};

/* What of a request's URL is kept. User information and known secrets of a query never are. */
enum connspan_url { CONNSPAN_URL_PATH, CONNSPAN_URL_ORIGIN, CONNSPAN_URL_FULL };

struct connspan_options {
    size_t size; /* sizeof(struct connspan_options): see CONNSPAN_OPTIONS */
    connspan_entry_fn on_entry;
    connspan_log_fn on_log; /* NULL: silence */
    void *context;          /* for both callbacks */
    enum connspan_connect_hook connect_hook;
    bool no_uprobes;
    bool no_uretprobes;
    bool no_wire;
    enum connspan_role role;
    struct connspan_filter filter;
    const char *tape;     /* also record the raw events to this file; NULL: do not */
    uint32_t ring_bytes;  /* 0: default */
    uint32_t max_pending; /* connections in progress held by the kernel; 0: default */
    bool nothing_yet;     /* start with an empty pid filter that matches nothing: see follow */
    bool requests;        /* an entry for each HTTP exchange that can be seen; also of a tape */
    enum connspan_url url;
    bool web_strict; /* entries as a page would get them: see --web-strict; also of a tape */
    bool plaintext;  /* with requests: those in TLS too, off OpenSSL's memory; not of a tape */
};

#define CONNSPAN_OPTIONS                                                                           \
    {                                                                                              \
        .size = sizeof(struct connspan_options)                                                    \
    }

/* What the run is and by which hooks it sees: the header line of every file. */
struct connspan_run {
    const char *version;
    uint64_t time_origin_ns; /* CLOCK_MONOTONIC */
    uint64_t time_origin_unix_ns;
    uint64_t clock_ns; /* newest anchor */
    uint64_t clock_unix_ns;
    const char *host;
    const char *boot_id;
    const char *kernel;
    const char *hook_connect;   /* "fentry", "kprobe", "cgroup_connect", "tp_btf" (state only) */
    const char *hook_state;     /* "tp_btf" */
    const char *hook_wire;      /* "cgroup_skb", "off" */
    const char *hook_tls;       /* "uprobe_multi", "uprobe", "off" */
    const char *hook_discovery; /* "mmap2", "off" */
    unsigned libraries;         /* TLS libraries probed so far */
};

/* One counter of things lost: its name as in the stats line, and its total since the start. */
struct connspan_loss {
    const char *name;
    uint64_t total;
};

struct connspan_stats {
    uint64_t entries;
    uint64_t failures; /* entries whose outcome is failed or aborted */
    uint64_t dropped;  /* sum of losses */
    const struct connspan_loss *losses;
    size_t loss_count;
};

struct connspan_tracer;

/*
 * Opens a live tracer: all hooks that this host allows are attached when it returns 0. -EINVAL also
 * for a filter by a process or cgroup that is not there: it could never pass anything.
 */
int connspan_tracer_open(const struct connspan_options *options, struct connspan_tracer **tracer);

/* Opens a tape instead. Of the options only on_entry, on_log, context, role, filter,
 * requests, url and web_strict count. */
int connspan_tracer_open_tape(const char *path, const struct connspan_options *options,
                              struct connspan_tracer **tracer);

/* An fd that is readable when poll has work; for epoll(7) loops. */
int connspan_tracer_fd(const struct connspan_tracer *tracer);

/*
 * Waits at most `timeout_ms` (-1: for ever), handles what is there, calls on_entry for each
 * finished entry. Returns 1 when it handled something, 0 when not, -ENODATA at the end of a tape,
 * -errno.
 */
int connspan_tracer_poll(struct connspan_tracer *tracer, int timeout_ms);

/* Adds a thread group, and all it forks later, to the pid filter of a live tracer. */
int connspan_tracer_follow(struct connspan_tracer *tracer, uint32_t pid);

/* Handles what is still in flight and hands over connections in progress as unfinished. */
int connspan_tracer_finish(struct connspan_tracer *tracer);

const struct connspan_run *connspan_tracer_run(const struct connspan_tracer *tracer);
const struct connspan_stats *connspan_tracer_stats(struct connspan_tracer *tracer);

/* Adds to the counter of entries that an output of the caller could not take. */
void connspan_tracer_count_lost_output(struct connspan_tracer *tracer, uint64_t entries);

/* Detaches the hooks and frees everything. NULL is fine. */
void connspan_tracer_close(struct connspan_tracer *tracer);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
