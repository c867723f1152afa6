/* SPDX-License-Identifier: MIT */
/* One write(2) per line, so that lines of a traced command come between ours, not into them. */
#include "user/cli/console.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1280
#define ERASE          "\r\033[K"

static void put(const char *text, size_t length)
{
    while (length) {
        ssize_t done = write(STDERR_FILENO, text, length);

        if (done <= 0)
            return; /* there is nowhere left to complain */
        text += done;
        length -= (size_t)done;
    }
}

/* Lines tell names of files and processes: those must not steer the terminal. */
static void disarm(char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
    }
}

static void put_line(struct cs_console *console, const char *prefix, const char *text)
{
    char line[LINE_MAX_BYTES];
    int length = snprintf(line, sizeof(line) - 1, "connspan: %s%s", prefix, text);

    if (length > (int)sizeof(line) - 2)
        length = (int)sizeof(line) - 2;
    disarm(line);
    line[length] = '\n';
    cs_console_erase(console);
    put(line, (size_t)length + 1);
}

static void vput_line(struct cs_console *console, const char *format, va_list args)
{
    char text[LINE_MAX_BYTES];

    vsnprintf(text, sizeof(text), format, args);
    put_line(console, "", text);
}

void cs_console_say(struct cs_console *console, const char *format, ...)
{
    va_list args;

    if (console->quiet)
        return;
    va_start(args, format);
    vput_line(console, format, args);
    va_end(args);
}

void cs_console_fail(struct cs_console *console, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vput_line(console, format, args);
    va_end(args);
}

void cs_console_log(void *context, enum connspan_level level, const char *text)
{
    struct cs_console *console = context;

    if (level == CONNSPAN_ERROR || (level == CONNSPAN_INFO && console->verbosity >= 1))
        put_line(console, "", text);
    else if (level == CONNSPAN_WARNING && !console->quiet)
        put_line(console, "warning: ", text);
    else if (level == CONNSPAN_DEBUG && console->verbosity >= 2)
        put_line(console, "debug: ", text);
}

void cs_console_draw(struct cs_console *console, const char *text)
{
    char line[LINE_MAX_BYTES];
    int length = snprintf(line, sizeof(line), ERASE "%s", text);

    put(line, length < (int)sizeof(line) ? (size_t)length : sizeof(line) - 1);
    console->drawn = true;
}

void cs_console_erase(struct cs_console *console)
{
    if (!console->drawn)
        return;
    console->drawn = false;
    put(ERASE, strlen(ERASE));
}
