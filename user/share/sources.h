/* SPDX-License-Identifier: MIT */
/* The two sources that a timeline may have: a tracer of its own (or a tape), and a socket. */
#pragma once

#include "user/timeline/source.h"

/* 0 or -errno, described; then the timeline has it. The options are whole, and borrowed. */
int cs_traced_open(const char *tape, const struct connspan_options *options,
                   struct connspan_timeline *timeline);
int cs_remote_open(const char *path, const struct connspan_options *options,
                   struct connspan_timeline *timeline);
