/* SPDX-License-Identifier: MIT */
/* What is left of a folder of closed files. */
#include "user/file/keeper.h"

#include <criterion/criterion.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/harness/scratch.h"

static struct cs_notes notes;

TestSuite(keeper, .fini = scratch_remove, .timeout = 20);

#define NAME(second) "a.20260101T00000" second "Z.0001.x"

static bool exists(const char *name)
{
    return access(scratch_path(name), F_OK) == 0;
}

static void keep(unsigned count, bool compress, const char *until_gone)
{
    char *path = strdup(scratch_path("a.x"));
    struct cs_file_name name = cs_file_name(path, NULL);
    struct cs_keeper_options options = {&name, &notes, count, compress};
    struct cs_keeper *keeper = cs_keeper_new(&options);

    cs_notes_open(&notes);
    cs_keeper_wake(keeper);
    while (exists(until_gone))
        sched_yield();
    cs_keeper_close(keeper);
    cr_expect_eq(notes.count, 0, "%s", notes.lines[0]);
    cs_notes_close(&notes);
    free(path);
}

Test(keeper, keeps_the_newest)
{
    scratch_write(NAME("1"), "1", 0600);
    scratch_write(NAME("2") ".gz", "2", 0600);
    scratch_write(NAME("3"), "3", 0600);
    scratch_write(NAME("4"), "4", 0600);
    scratch_write("a.x", "live", 0600);
    scratch_write("b.20200101T000000Z.0001.x", "another's", 0600);
    keep(3, false, NAME("1"));
    cr_expect(exists(NAME("2") ".gz") && exists(NAME("3")) && exists(NAME("4")));
    cr_expect(exists("a.x") && exists("b.20200101T000000Z.0001.x"));
}

Test(keeper, compresses_what_a_run_left)
{
    scratch_write(NAME("1"), "1", 0600);
    scratch_write(NAME("2"), "2", 0600);
    scratch_write(NAME("3") ".gz.part", "half", 0600);
    keep(0, true, NAME("1"));
    cr_expect(exists(NAME("1") ".gz") && exists(NAME("2") ".gz"));
    cr_expect_not(exists(NAME("3") ".gz.part"));
}

/* A crash between the last two steps of compressing leaves both: that is one file, not two. */
Test(keeper, counts_a_file_and_its_compression_once)
{
    scratch_write(NAME("1"), "1", 0600);
    scratch_write(NAME("2"), "2", 0600);
    scratch_write(NAME("2") ".gz", "2", 0600);
    scratch_write(NAME("3"), "3", 0600);
    keep(2, false, NAME("1"));
    cr_expect(exists(NAME("2")) && exists(NAME("2") ".gz") && exists(NAME("3")));
}
