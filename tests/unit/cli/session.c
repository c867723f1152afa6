/* SPDX-License-Identifier: MIT */
/* On a pseudo terminal: entries, lines and the status share one screen and never mix. */
#include "user/cli/session.h"

#include <criterion/criterion.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/harness/fake_tracer.h"
#include "user/cli/record.h"

/* What a terminal would show: knows \r, \n and "erase to the end of the line", as the status does;
 * anything else that is written over text that stands there shows as '!'. */
static void show(const char *bytes, size_t length, char *screen, size_t room)
{
    size_t line = 0, column = 0, end = 0;

    for (size_t i = 0; i < length && end < room - 2; i++) {
        if (bytes[i] == '\r') {
            column = 0;
        } else if (bytes[i] == '\n') {
            screen[end++] = '\n';
            line = end;
            column = 0;
        } else if (!strncmp(bytes + i, "\033[K", 3)) {
            end = line + column;
            i += 2;
        } else {
            screen[line + column] = line + column < end ? '!' : bytes[i];
            end = line + ++column > end ? line + column : end;
        }
    }
    screen[end] = '\0';
}

/*
 * Runs record on a terminal of its own, where `typed` is typed when "ready" is read; what was
 * written there goes to `text`. Its exit status.
 */
static int run_on_terminal(const struct cs_options *options, const char *typed, char *text,
                           size_t room)
{
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    int terminal, status;
    pid_t pid = forkpty(&terminal, NULL, NULL, &size);
    size_t length = 0;
    ssize_t got;

    if (!pid) {
        setenv("TERM", "xterm", 1);
        _exit(cs_record(options));
    }
    while (length < room - 1 && (got = read(terminal, text + length, room - 1 - length)) > 0) {
        length += (size_t)got;
        text[length] = '\0';
        if (typed && strstr(text, "ready")) {
            cr_assert(write(terminal, typed, strlen(typed)) > 0);
            typed = NULL;
        }
    }
    waitpid(pid, &status, 0);
    return WEXITSTATUS(status);
}

Test(session, entries_and_status_do_not_mix)
{
    struct cs_options options = {.duration_ns = 400000000};
    char bytes[8192], screen[8192];

    fake.entries = 3;
    cr_assert_eq(run_on_terminal(&options, NULL, bytes, sizeof(bytes)), 0);
    show(bytes, strlen(bytes), screen, sizeof(screen));
    cr_assert(strstr(bytes, "connspan: 3 entries  0/s  0 failures  0 dropped"), "%s", bytes);
    cr_assert_str_eq(screen,
                     "connspan: tracing connect=fentry state=tp_btf wire=cgroup_skb tls=uprobe "
                     "discovery=mmap2 libraries=2\n"
                     "header\nentry1\nentry2\nentry3\nstats3,0\n"
                     "connspan: done entries=3 failures=0 dropped=0\n",
                     "%s", screen);
}

static void expect_no_status(struct cs_options *options)
{
    char bytes[8192];

    options->duration_ns = 20000000;
    fake.entries = 1;
    cr_assert_eq(run_on_terminal(options, NULL, bytes, sizeof(bytes)), 0);
    cr_assert_not(strstr(bytes, "/s "), "%s", bytes);
    cr_assert_not(strstr(bytes, "\033["), "%s", bytes);
}

Test(session, quiet_has_no_status)
{
    expect_no_status(&(struct cs_options){.quiet = true});
}

Test(session, a_command_keeps_its_terminal)
{
    expect_no_status(&(struct cs_options){.command = (char *[]){"true", NULL}});
}

Test(session, a_command_reads_its_terminal)
{
    struct cs_options options = {
        .command = (char *[]){"sh", "-c", "echo ready; read x; echo got $x", NULL}};
    char text[8192];

    cr_assert_eq(run_on_terminal(&options, "hi\n", text, sizeof(text)), 0);
    cr_assert(strstr(text, "got hi"), "%s", text);
}

Test(session, an_interrupt_is_left_to_the_command)
{
    const char *script = "trap 'exit 6' INT; echo ready; while :; do sleep 0.01; done";
    struct cs_options options = {.command = (char *[]){"sh", "-c", (char *)script, NULL}};
    char text[8192];

    cr_assert_eq(run_on_terminal(&options, "\003", text, sizeof(text)), 6, "%s", text);
    cr_assert(strstr(text, "connspan: done"), "%s", text);
}

Test(session, the_table_is_for_terminals)
{
    struct cs_options options = {.duration_ns = 1};
    int terminal;
    pid_t pid = forkpty(&terminal, NULL, NULL, NULL);
    int status;
    char drain[4096];

    if (!pid) {
        cs_record(&options);
        _exit((int)fake.writer_options.format);
    }
    while (read(terminal, drain, sizeof(drain)) > 0)
        ;
    waitpid(pid, &status, 0);
    cr_assert_eq(WEXITSTATUS(status), CONNSPAN_FORMAT_TABLE);
}
