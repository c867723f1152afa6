/* SPDX-License-Identifier: MIT */
/* What reaches standard error, and in which order around the status line. */
#include "user/cli/console.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/harness/scratch.h"

TestSuite(console, .fini = scratch_remove);

static void expect(const char *text)
{
    char *captured = scratch_captured(STDERR_FILENO);

    cr_expect_str_eq(captured, text, "%s", captured);
    free(captured);
}

static void log_all(struct cs_console *console)
{
    scratch_capture(STDERR_FILENO);
    cs_console_say(console, "said %d", 1);
    cs_console_fail(console, "failed");
    cs_console_log(console, CONNSPAN_ERROR, "error");
    cs_console_log(console, CONNSPAN_WARNING, "odd");
    cs_console_log(console, CONNSPAN_INFO, "info");
    cs_console_log(console, CONNSPAN_DEBUG, "detail");
}

Test(console, levels)
{
    log_all(&(struct cs_console){0});
    expect("connspan: said 1\nconnspan: failed\nconnspan: error\nconnspan: warning: odd\n");
}

Test(console, quiet_keeps_errors)
{
    log_all(&(struct cs_console){.quiet = true});
    expect("connspan: failed\nconnspan: error\n");
}

Test(console, verbose)
{
    log_all(&(struct cs_console){.quiet = true, .verbosity = 2});
    expect("connspan: failed\nconnspan: error\nconnspan: info\nconnspan: debug: detail\n");
}

Test(console, a_line_erases_the_status_first)
{
    struct cs_console console = {0};

    scratch_capture(STDERR_FILENO);
    cs_console_draw(&console, "one");
    cs_console_say(&console, "line");
    cs_console_erase(&console);
    cs_console_draw(&console, "two");
    cs_console_erase(&console);
    expect("\r\033[Kone\r\033[Kconnspan: line\n\r\033[Ktwo\r\033[K");
}

Test(console, names_do_not_steer_the_terminal)
{
    struct cs_console console = {0};
    char text[3000];

    scratch_capture(STDERR_FILENO);
    cs_console_fail(&console, "no file 'a\033[2J\nb'");
    expect("connspan: no file 'a?[2J?b'\n");
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = 'x';
    text[sizeof(text) - 1] = '\0';
    cs_console_fail(&console, "%s", text);
}
