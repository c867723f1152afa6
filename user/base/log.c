/* SPDX-License-Identifier: MIT */
/* Formats lines for the log callback of the library's user. Nothing is ever printed from here. */
#include "user/base/log.h"

#include <stdarg.h>
#include <stdio.h>

static void vsay(const struct cs_log *log, enum connspan_level level, const char *format,
                 va_list args)
{
    char line[1024];

    if (!log || !log->fn)
        return;
    vsnprintf(line, sizeof(line), format, args);
    log->fn(log->context, level, line);
}

int cs_fail(const struct cs_log *log, int error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsay(log, CONNSPAN_ERROR, format, args);
    va_end(args);
    return error;
}

void cs_say(const struct cs_log *log, enum connspan_level level, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsay(log, level, format, args);
    va_end(args);
}
