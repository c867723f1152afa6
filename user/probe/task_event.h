/* SPDX-License-Identifier: MIT */
/*
 * One record of perf_event_open(2) about the life of a process, taken apart. Pure: the rings they
 * come from are watch.c's.
 */
#pragma once

#include "user/probe/maps.h"

#include <linux/perf_event.h>
#include <stddef.h>

enum cs_task_event_kind {
    CS_TASK_MMAP = 1, /* a file was mapped executable */
    CS_TASK_FORK = 2, /* a process or (pid == parent) a thread was made */
    CS_TASK_EXEC = 3, /* the program it runs was replaced; the first mapping to come is the new */
    CS_TASK_EXIT = 4, /* a thread ended; the process, if tid == pid */
    CS_TASK_LOST = 5, /* records were lost before this one */
};

struct cs_task_event {
    enum cs_task_event_kind kind;
    uint32_t pid;
    uint32_t tid;
    uint32_t parent;           /* FORK: of the process that forked */
    uint64_t time_ns;          /* CLOCK_MONOTONIC */
    uint64_t lost;             /* LOST */
    struct cs_mapping mapping; /* MMAP; its path borrows from the record */
    const char *comm;          /* EXEC; borrows from the record */
};

/* The shape of records asked for: each ends in the time of the event. */
struct perf_event_attr cs_task_event_attr(uint32_t wakeup_bytes);

/* When the record was written; 0 = too short. */
uint64_t cs_task_event_time(const void *record, size_t bytes);

/* 0; -ENOENT: of a kind that says nothing to us; -EINVAL: cut off. A path is cut in place. */
int cs_task_event_parse(void *record, size_t bytes, struct cs_task_event *event);
