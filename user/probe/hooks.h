/* SPDX-License-Identifier: MIT */
/*
 * The kernel's side as one object: the loaded programs, attached by the best rung that this host
 * really accepts, and the maps that they share with us. Probes on TLS libraries are put on by
 * libraries.c with the programs held here.
 */
#pragma once

#include "include/wire/event.h"
#include "include/wire/knobs.h"
#include "user/base/log.h"
#include "user/probe/caps.h"

struct hooks; /* the skeleton */
struct bpf_link;

enum { CS_HOOKS_MAX_LINKS = 16 };

struct cs_hooks {
    struct hooks *skeleton;
    struct bpf_link *links[CS_HOOKS_MAX_LINKS];
    size_t link_count;
    const char *connect; /* the rung taken: "fentry", "kprobe", "cgroup_connect", "tp_btf" */
    const char *wire;    /* "cgroup_skb", "off" */
};

struct cs_hooks_options {
    enum connspan_connect_hook connect_hook;
    bool no_uprobes;
    bool no_uretprobes;
    bool no_wire;
    bool filter_tree;
    bool requests;
    bool plaintext; /* with requests, probes and packets only */
    enum connspan_role role;
    int cgroup_fd; /* the v2 root; -1: no wire, no cgroup rung */
    __u32 ring_bytes;
    __u32 max_pending;
    __u64 start_ns;
};

/* 0 or -errno, said why. The options and the capabilities are borrowed during the call. */
int cs_hooks_open(const struct cs_hooks_options *options, const struct cs_caps *caps,
                  const struct cs_log *log, struct cs_hooks **hooks);
void cs_hooks_close(struct cs_hooks *hooks);

/* Program fds for uprobes: -1 where the program is not loaded. */
struct cs_uprobe_programs {
    int site; /* all entries, by cookie */
    int statem;
    int handshake;
    int free;
    int set_fd;
    int ctrl;
    int error;
    int put_error;
    int whole;
    int lookup;
    int lookup_return;
    int plain;
    int end;
    int end_details; /* a map: what `end` needs to know of a place */
};
#define CS_NO_UPROBE_PROGRAMS                                                                      \
    ((struct cs_uprobe_programs){-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1})
struct cs_uprobe_programs cs_hooks_uprobe_programs(const struct cs_hooks *hooks);

int cs_hooks_ring_fd(const struct cs_hooks *hooks);
struct cs_shared *cs_hooks_shared(const struct cs_hooks *hooks);
/* Connections in the kernel's table; while it changes, roughly. */
int64_t cs_hooks_pending(const struct cs_hooks *hooks);

/* Follow this thread group, too. */
int cs_hooks_follow(const struct cs_hooks *hooks, __u32 tgid);

/* Tell overdue connections (shared->stopping: all), more than the ring may hold: read_out(context)
 * empties it, and says whether to go on. 0 or -errno. */
int cs_hooks_sweep(const struct cs_hooks *hooks, bool (*read_out)(void *), void *context);
/* Enter what was open before us. 0 or -errno. */
int cs_hooks_seed(const struct cs_hooks *hooks);

/* Adds the kernel's counters to `total`, one per enum cs_loss. */
void cs_hooks_losses(const struct cs_hooks *hooks, __u64 *total);
