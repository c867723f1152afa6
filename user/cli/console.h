/* SPDX-License-Identifier: MIT */
/*
 * Standard error: whole lines, and below them at most one status line that is redrawn in place. All
 * that goes there passes here, so that the two never mix.
 */
#pragma once

#include <connspan/tracer.h>

struct cs_console {
    bool quiet;
    int verbosity;
    bool drawn; /* a status line stands on the terminal */
};

/* Information, kept back by --quiet. */
__attribute__((format(printf, 2, 3))) void cs_console_say(struct cs_console *console,
                                                          const char *format, ...);
/* Errors. */
__attribute__((format(printf, 2, 3))) void cs_console_fail(struct cs_console *console,
                                                           const char *format, ...);
/* A connspan_log_fn; `context` is the console. */
void cs_console_log(void *context, enum connspan_level level, const char *text);

/* Replaces the status line. The caller has seen that this terminal redraws. */
void cs_console_draw(struct cs_console *console, const char *text);
void cs_console_erase(struct cs_console *console);
