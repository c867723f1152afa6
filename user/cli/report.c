/* SPDX-License-Identifier: MIT */
/* What can be read is told, and what cannot is an error of its own: one bad file hides no other. */
#include "user/cli/report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "user/cli/clock.h"
#include "user/cli/exit.h"
#include "user/cli/terminal.h"

#define ROWS         20
#define SLOWEST      10
#define SLOWEST_PAGE 200
#define SAMPLE_PAGE  100000
#define DRAW_NS      (100 * CS_NS_PER_MS)

/* What the callbacks of the library need. */
struct reader {
    struct cs_console console;
    size_t file; /* the one being read, from 1 */
    size_t file_count;
    uint64_t drawn_ns;
};

static void on_log(void *context, enum connspan_level level, const char *text)
{
    struct reader *reader = context;

    cs_console_log(&reader->console, level, text);
}

static void on_progress(void *context, const char *path, uint64_t done, uint64_t total)
{
    struct reader *reader = context;
    uint64_t now = cs_clock_now_ns();
    char text[256];

    if (now - reader->drawn_ns < DRAW_NS)
        return;
    reader->drawn_ns = now;
    if (total)
        snprintf(text, sizeof(text), "reading %zu of %zu: %llu of %llu MB (%u %%)  %.120s",
                 reader->file, reader->file_count, (unsigned long long)(done / 1000000),
                 (unsigned long long)(total / 1000000), (unsigned)(done * 100 / total), path);
    else
        snprintf(text, sizeof(text), "reading %zu of %zu: %llu MB  %.120s", reader->file,
                 reader->file_count, (unsigned long long)(done / 1000000), path);
    cs_console_draw(&reader->console, text);
}

static uint64_t unix_ns_of(struct cs_moment moment)
{
    struct timespec now;
    uint64_t now_ns;

    if (!moment.ago)
        return moment.ns;
    clock_gettime(CLOCK_REALTIME, &now);
    now_ns = (uint64_t)now.tv_sec * CS_NS_PER_SEC + (uint64_t)now.tv_nsec;
    return now_ns > moment.ns ? now_ns - moment.ns : 1;
}

static struct connspan_report_options wanted(const struct cs_options *options,
                                             struct reader *reader)
{
    struct connspan_report_options wanted = CONNSPAN_REPORT_OPTIONS;
    bool draws = !options->quiet && cs_terminal_redraws(STDERR_FILENO);

    wanted.by = (unsigned)options->by;
    wanted.since_unix_ns = unix_ns_of(options->since);
    wanted.until_unix_ns = unix_ns_of(options->until);
    wanted.slowest = options->slowest ? options->slowest : options->html ? SLOWEST_PAGE : SLOWEST;
    wanted.sample = options->html ? SAMPLE_PAGE : 0;
    wanted.on_progress = draws ? on_progress : NULL;
    wanted.on_log = on_log;
    wanted.context = reader;
    return wanted;
}

static int put(void *context, const char *text, size_t length)
{
    return fwrite(text, 1, length, context) == length ? 0 : -EIO; /* main says why */
}

static int tell(const struct connspan_report *report, const struct cs_options *options,
                struct cs_console *console)
{
    struct connspan_report_style style = {
        .size = sizeof(style),
        .rows = options->rows ? options->rows : ROWS,
        .colour = cs_terminal_colour(STDOUT_FILENO),
        .columns = cs_terminal_columns(STDOUT_FILENO),
    };
    int err = 0;

    if (options->html)
        err = cs_report_page(report, &style, options->html, console);
    if (!err && options->json)
        err = connspan_report_json(report, &style, put, stdout);
    else if (!err && !options->html)
        err = connspan_report_text(report, &style, put, stdout);
    if (err == -ENOMEM)
        cs_console_fail(console, "report: out of memory");
    return err;
}

int cs_report(const struct cs_options *options)
{
    struct reader reader = {
        .console = {.quiet = options->quiet, .verbosity = options->verbosity},
        .file_count = options->file_count,
    };
    struct connspan_report_options asked = wanted(options, &reader);
    struct connspan_report *report;
    int status = CS_EXIT_OK;

    if (options->html && cs_report_page_check(options->html, &reader.console))
        return CS_EXIT_FAILED;
    if (connspan_report_new(&asked, &report))
        return CS_EXIT_FAILED;
    for (size_t i = 0; i < options->file_count; i++) {
        reader.file = i + 1;
        if (connspan_report_read(report, options->files[i]))
            status = CS_EXIT_FAILED;
    }
    cs_console_erase(&reader.console);
    if (connspan_report_runs(report) && tell(report, options, &reader.console))
        status = CS_EXIT_FAILED;
    connspan_report_free(report);
    return status;
}
