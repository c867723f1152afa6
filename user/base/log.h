/* SPDX-License-Identifier: MIT */
/* A failure is described once, where it happens, through here; callers carry the number up
 * silently. */
#pragma once

#include <connspan/tracer.h>

struct cs_log {
    connspan_log_fn fn; /* NULL: silence */
    void *context;
};

/* Says one line and returns `error` (a negative errno), so that it can stand in a return. */
__attribute__((format(printf, 3, 4), cold)) int cs_fail(const struct cs_log *log, int error,
                                                        const char *format, ...);

__attribute__((format(printf, 3, 4))) void
cs_say(const struct cs_log *log, enum connspan_level level, const char *format, ...);
