/* SPDX-License-Identifier: MIT */
/* Real children: when they start, whose they are, what is said when they cannot be executed. */
#include "user/cli/command.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/harness/scratch.h"

static struct cs_console console;

static void capture(void)
{
    scratch_capture(STDERR_FILENO);
    scratch_capture(STDOUT_FILENO);
}

TestSuite(command, .init = capture, .fini = scratch_remove);

static int run(char *const *argv, const char *user)
{
    struct cs_command command;
    int status;

    cr_assert_eq(cs_command_fork(&command, argv, user, &console), 0);
    status = cs_command_start(&command, argv[0], &console);
    return status ? status : cs_command_reap(&command);
}

static int run_shell(const char *script)
{
    return run((char *[]){"sh", "-c", (char *)script, NULL}, NULL);
}

static void expect_said(const char *text)
{
    char *said = scratch_captured(STDERR_FILENO);

    cr_expect_str_eq(said, text, "%s", said);
    free(said);
}

Test(command, its_status_is_passed_on)
{
    cr_expect_eq(run_shell("exit 0"), 0);
    cr_expect_eq(run_shell("exit 7"), 7);
    cr_expect_eq(run_shell("kill -9 $$"), 128 + SIGKILL);
}

Test(command, waits_to_be_started)
{
    struct cs_command command;
    struct pollfd ended;

    cr_assert_eq(cs_command_fork(&command, (char *[]){"true", NULL}, NULL, &console), 0);
    ended = (struct pollfd){.fd = command.pidfd, .events = POLLIN};
    cr_assert_eq(poll(&ended, 1, 50), 0, "it ran without being told to");
    cr_assert_eq(cs_command_start(&command, "true", &console), 0);
    cr_assert_eq(poll(&ended, 1, -1), 1);
    cr_assert_eq(cs_command_reap(&command), 0);
}

Test(command, cancelled_it_never_runs)
{
    struct cs_command command;
    char touch[256];

    snprintf(touch, sizeof(touch), "touch %s", scratch_path("ran"));
    cr_assert_eq(cs_command_fork(&command, (char *[]){"sh", "-c", touch, NULL}, NULL, &console), 0);
    cs_command_cancel(&command);
    cr_assert_eq(command.pid, 0);
    cr_assert_neq(access(scratch_path("ran"), F_OK), 0);
}

Test(command, not_found)
{
    cr_expect_eq(run((char *[]){"no-such-program", NULL}, NULL), 127);
    cr_expect_eq(run((char *[]){"/no/such/program", NULL}, NULL), 127);
    expect_said("connspan: record: command not found: 'no-such-program' (no such file in PATH)\n"
                "connspan: record: command not found: '/no/such/program' (no such file)\n");
}

Test(command, not_executable)
{
    char *path = strdup(scratch_path("data"));
    char expected[512];

    scratch_write("data", "x", 0600);
    cr_expect_eq(run((char *[]){path, NULL}, NULL), 126);
    scratch_write("data", "#!/no/such/shell\n", 0700);
    cr_expect_eq(run((char *[]){path, NULL}, NULL), 126);
    snprintf(expected, sizeof(expected),
             "connspan: record: cannot execute '%s': Permission denied (is it a program, and "
             "executable?)\nconnspan: record: cannot execute '%s': the interpreter it names is "
             "missing\n",
             path, path);
    expect_said(expected);
    free(path);
}

Test(command, no_such_user)
{
    struct cs_command command;

    cr_assert_eq(cs_command_fork(&command, (char *[]){"true", NULL}, "no-such-user", &console),
                 -EINVAL);
    expect_said("connspan: record: --user: no user 'no-such-user' on this host\n");
}

Test(command, becomes_the_user)
{
    char *out;

    if (geteuid() != 0)
        cr_skip("only root may become another user");
    cr_assert_eq(run((char *[]){"sh", "-c", "id -un; id -G; echo $USER $LOGNAME", NULL}, "nobody"),
                 0);
    out = scratch_captured(STDOUT_FILENO);
    cr_assert_str_eq(out, "nobody\n65534\nnobody nobody\n", "%s", out);
    free(out);
}

/* What system(3) would have run, holds as many fds and blocks as few signals. */
Test(command, inherits_nothing_of_ours)
{
    const char *script = "ls /proc/self/fd | wc -l; grep SigBlk /proc/self/status";
    char *out, *second;

    cr_assert_eq(system(script), 0);
    cr_assert_eq(run_shell(script), 0);
    out = scratch_captured(STDOUT_FILENO);
    second = out + strlen(out) / 2;
    cr_assert(!strncmp(out, second, strlen(second)), "%s", out);
    free(out);
}
