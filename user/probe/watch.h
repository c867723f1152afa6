/* SPDX-License-Identifier: MIT */
/*
 * Watches the life of all processes of the host: what they map executable, fork and exec. A dummy
 * perf event on every CPU that was online at the start writes into one ring each; nobody is woken
 * before a ring is half full (a wake-up per record costs an exec storm 16 %), so drain whenever
 * there is an occasion.
 */
#pragma once

#include "user/base/log.h"
#include "user/probe/task_event.h"

struct cs_watch;

typedef void (*cs_watch_fn)(void *context, const struct cs_task_event *event);

/* 0 or -errno, said why. LOST events are counted here and not handed over. */
int cs_watch_open(cs_watch_fn fn, void *context, const struct cs_log *log, struct cs_watch **watch);

int cs_watch_fd(const struct cs_watch *watch); /* readable when a ring is half full */

/* Hands over what is there, oldest first over all CPUs, and returns how many; never waits. */
size_t cs_watch_drain(struct cs_watch *watch);

uint64_t cs_watch_lost(const struct cs_watch *watch); /* records, since the start */
void cs_watch_close(struct cs_watch *watch);          /* NULL is fine */
