/* SPDX-License-Identifier: MIT */
/* Tapes that end well, that end badly, that cannot be opened. */
#include "user/cli/replay.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/harness/fake_tracer.h"
#include "tests/harness/scratch.h"

static struct cs_options options = {.tape = "tape"};

static void prepare(void)
{
    scratch_capture(STDERR_FILENO);
    scratch_capture(STDOUT_FILENO);
    fake.entries = 2;
    fake.end = -ENODATA;
}

TestSuite(replay, .init = prepare, .fini = scratch_remove);

static void expect_captured(int fd, const char *text)
{
    char *captured = scratch_captured(fd);

    cr_expect_str_eq(captured, text, "%s", captured);
    free(captured);
}

Test(replay, a_whole_tape)
{
    cr_assert_eq(cs_replay(&options), 0);
    expect_captured(STDOUT_FILENO, "header\nentry1\nentry2\nstats2,0\n");
    expect_captured(STDERR_FILENO, "connspan: done entries=2 failures=0 dropped=0\n");
}

Test(replay, a_damaged_tape_gives_what_is_whole)
{
    fake.end = -EBADMSG;
    cr_assert_eq(cs_replay(&options), 1);
    expect_captured(STDOUT_FILENO, "header\nentry1\nentry2\nstats2,0\n");
}

Test(replay, no_tape_leaves_nothing)
{
    fake.open_error = -EPERM; /* not 3: this host has nothing to do with it */
    options.outputs.count = 1;
    options.outputs.items[0].path = scratch_path("out");
    cr_assert_eq(cs_replay(&options), 1);
    expect_captured(STDERR_FILENO, "connspan: the fake cannot be opened\n");
    cr_assert_neq(access(scratch_path("out"), F_OK), 0);
}

Test(replay, filters_reach_the_library)
{
    options.ports.count = 1;
    options.ports.items[0] = 443;
    options.role = CONNSPAN_ROLE_SERVER;
    cr_assert_eq(cs_replay(&options), 0);
    cr_assert_eq(fake.options.filter.port_count, 1);
    cr_assert_eq(fake.options.filter.ports[0], 443);
    cr_assert_eq(fake.options.role, CONNSPAN_ROLE_SERVER);
}
