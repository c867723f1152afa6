/* SPDX-License-Identifier: MIT */
/* Runs of record against the fake library: order, exit statuses, signals, the command. */
#include "user/cli/record.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/harness/fake_tracer.h"
#include "tests/harness/scratch.h"

static struct cs_options options;

static void prepare(void)
{
    scratch_capture(STDERR_FILENO);
    scratch_capture(STDOUT_FILENO);
    options.outputs.count = 1;
    options.outputs.items[0].path = strdup(scratch_path("out"));
}

static void clean(void)
{
    free((char *)options.outputs.items[0].path);
    scratch_remove();
}

TestSuite(record, .init = prepare, .fini = clean);

static void expect_written(const char *text)
{
    char *written = scratch_read("out");

    cr_expect_str_eq(written, text, "%s", written);
    free(written);
}

static void expect_said(const char *text)
{
    char *said = scratch_captured(STDERR_FILENO);

    cr_expect_str_eq(said, text, "%s", said);
    free(said);
}

#define TRACING                                                                                    \
    "connspan: tracing connect=fentry state=tp_btf wire=cgroup_skb tls=uprobe discovery=mmap2 "    \
    "libraries=2\n"

Test(record, header_first_stats_last)
{
    fake.entries = 3;
    fake.signal = SIGINT;
    cr_assert_eq(cs_record(&options), 0);
    expect_written("header\nentry1\nentry2\nentry3\nstats3,0\n");
    expect_said(TRACING "connspan: done entries=3 failures=0 dropped=0\n");
    cr_assert_str_eq(fake.journal, "open poll poll poll poll finish close");
}

Test(record, a_duration_ends_it)
{
    options.duration_ns = 20000000;
    cr_assert_eq(cs_record(&options), 0);
    expect_written("header\nstats0,0\n");
}

Test(record, quiet)
{
    options.quiet = true;
    fake.signal = SIGTERM;
    cr_assert_eq(cs_record(&options), 0);
    expect_said("");
}

Test(record, options_reach_the_library)
{
    options.pids.items[0] = 7;
    options.pids.count = 1;
    options.role = CONNSPAN_ROLE_BOTH;
    options.connect_hook = CONNSPAN_HOOK_BASIC;
    options.no_wire = true;
    options.tape = "t";
    options.ring_bytes = 4096;
    fake.open_error = -EIO;
    cr_assert_eq(cs_record(&options), 1);
    cr_assert_eq(fake.options.filter.pid_count, 1);
    cr_assert_eq(fake.options.role, CONNSPAN_ROLE_BOTH);
    cr_assert_eq(fake.options.connect_hook, CONNSPAN_HOOK_BASIC);
    cr_assert(fake.options.no_wire && !fake.options.no_uprobes && !fake.options.nothing_yet);
    cr_assert_str_eq(fake.options.tape, "t");
    cr_assert_eq(fake.options.ring_bytes, 4096);
}

Test(record, a_host_that_cannot_be_traced)
{
    options.command = (char *[]){"touch", (char *)scratch_path("ran"), NULL};
    fake.open_error = -EPERM;
    cr_assert_eq(cs_record(&options), 3);
    fake.open_error = -EOPNOTSUPP;
    cr_assert_eq(cs_record(&options), 3);
    expect_said("connspan: the fake cannot be opened\nconnspan: the fake cannot be opened\n");
    cr_assert_neq(access(scratch_path("out"), F_OK), 0, "an empty file is left");
    cr_assert_neq(access(scratch_path("ran"), F_OK), 0, "the command ran");
}

Test(record, a_bad_path_fails_before_anything_is_traced)
{
    options.outputs.items[1].path = "/";
    options.outputs.count = 2;
    cr_assert_eq(cs_record(&options), 1);
    cr_assert_str_eq(fake.journal, "");
    cr_assert_neq(access(scratch_path("out"), F_OK), 0);
}

Test(record, a_full_disk_is_counted_and_shown_by_the_status)
{
    fake.entries = 2;
    fake.signal = SIGINT;
    fake.write_error = -ENOSPC;
    cr_assert_eq(cs_record(&options), 1);
    expect_written("header\nstats2,2\n");
    expect_said(TRACING "connspan: done entries=2 failures=0 dropped=2 (output=2)\n");
}

Test(record, the_last_reader_gone_is_the_end)
{
    fake.entries = 5;
    fake.write_error = -EPIPE;
    cr_assert_eq(cs_record(&options), 1);
    cr_assert_str_eq(fake.journal, "open poll finish close");
}

Test(record, a_tracer_that_breaks)
{
    fake.entries = 1;
    fake.end = -EIO;
    cr_assert_eq(cs_record(&options), 1);
    expect_written("header\nentry1\nstats1,0\n");
}

static bool had_started;

static void look_for_start(void)
{
    had_started = access(scratch_path("ran"), F_OK) == 0;
}

Test(record, a_command_is_followed_before_it_starts)
{
    options.command = (char *[]){"sh", "-c", "touch $0; exit 5", (char *)scratch_path("ran"), NULL};
    fake.entries = 2;
    fake.on_follow = look_for_start;
    cr_assert_eq(cs_record(&options), 5);
    cr_assert(fake.options.nothing_yet);
    cr_assert_neq(fake.followed, 0);
    cr_assert_not(had_started);
    cr_assert_eq(access(scratch_path("ran"), F_OK), 0);
    expect_written("header\nentry1\nentry2\nstats2,0\n");
}

Test(record, what_the_command_did_last_is_drained)
{
    options.command = (char *[]){"true", NULL};
    fake.asleep = true;
    fake.entries = 3;
    cr_assert_eq(cs_record(&options), 0);
    expect_written("header\nentry1\nentry2\nentry3\nstats3,0\n");
}

Test(record, all_with_a_command_follows_nobody)
{
    options.command = (char *[]){"true", NULL};
    options.all = true;
    cr_assert_eq(cs_record(&options), 0);
    cr_assert_eq(fake.followed, 0);
    cr_assert_not(fake.options.nothing_yet);
}

Test(record, a_command_not_found_leaves_nothing)
{
    options.command = (char *[]){"no-such-program", NULL};
    cr_assert_eq(cs_record(&options), 127);
    expect_said("connspan: record: command not found: 'no-such-program' (no such file in PATH)\n");
    cr_assert_neq(access(scratch_path("out"), F_OK), 0);
    cr_assert_str_eq(fake.journal, "open follow close");
}

Test(record, rights_that_stay_are_no_tracing)
{
    options.command = (char *[]){"touch", (char *)scratch_path("ran"), NULL};
    fake.rights_error = -EPERM;
    cr_assert_eq(cs_record(&options), 1);
    cr_assert_str_eq(fake.journal, "open follow close");
    cr_assert_neq(access(scratch_path("out"), F_OK), 0);
    cr_assert_neq(access(scratch_path("ran"), F_OK), 0, "the command ran");
}

Test(record, a_tape_says_what_it_holds)
{
    options.tape = "t";
    fake.signal = SIGINT;
    cr_assert_eq(cs_record(&options), 0);
    expect_said("connspan: t: no payload, but addresses, names and handshake bytes in clear: mind "
                "who gets it\n" TRACING "connspan: done entries=0 failures=0 dropped=0\n");
}

Test(record, a_signal_is_passed_on_to_the_command)
{
    options.command = (char *[]){"sleep", "100", NULL};
    fake.signal = SIGTERM;
    cr_assert_eq(cs_record(&options), 128 + SIGTERM);
    expect_written("header\nstats0,0\n");
}

Test(record, the_command_outlives_the_tracing)
{
    options.command =
        (char *[]){"sh", "-c", "read line < $0; exit 9", (char *)scratch_path("fifo"), NULL};
    options.duration_ns = 20000000;
    cr_assert_eq(mkfifo(scratch_path("fifo"), 0600), 0);
    if (!fork()) {
        /* Opened for writing only when tracing is over: the stats line is there. */
        char *written = strdup("");

        do {
            free(written);
            written = scratch_read("out");
        } while (!strstr(written, "stats"));
        scratch_write("fifo", "go\n", 0600);
        _exit(0);
    }
    cr_assert_eq(cs_record(&options), 9);
}

Test(record, losing_entries_makes_success_a_failure)
{
    options.command = (char *[]){"true", NULL};
    fake.entries = 1;
    fake.write_error = -ENOSPC;
    cr_assert_eq(cs_record(&options), 1);
    options.command = (char *[]){"false", NULL};
    cr_assert_eq(cs_record(&options), 1);
    options.command = (char *[]){"sh", "-c", "exit 4", NULL};
    cr_assert_eq(cs_record(&options), 4);
}
