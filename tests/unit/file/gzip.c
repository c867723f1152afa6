/* SPDX-License-Identifier: MIT */
/* gunzip(1) is the judge of what was compressed. */
#include "user/file/gzip.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/harness/scratch.h"

TestSuite(gzip, .fini = scratch_remove);

static const atomic_bool go_on = false;

Test(gzip, what_comes_out_is_what_went_in)
{
    char command[600], line[64] = "";
    struct stat info;
    FILE *pipe;

    scratch_write("a", "some text\n", 0640);
    cr_assert_eq(cs_gzip_file(scratch_path("a"), &go_on), 0);
    cr_expect_neq(access(scratch_path("a"), F_OK), 0);
    cr_expect_neq(access(scratch_path("a.gz.part"), F_OK), 0);
    cr_assert_eq(stat(scratch_path("a.gz"), &info), 0);
    cr_expect_eq(info.st_mode & 0777, 0640);
    snprintf(command, sizeof(command), "gunzip -c %s", scratch_path("a.gz"));
    pipe = popen(command, "r");
    cr_expect_not_null(fgets(line, sizeof(line), pipe));
    cr_expect_str_eq(line, "some text\n");
    cr_expect_eq(pclose(pipe), 0);
}

Test(gzip, overwrites_what_a_killed_run_left)
{
    scratch_write("a", "text", 0600);
    scratch_write("a.gz.part", "half", 0600);
    scratch_write("a.gz", "whole, but its source was not removed any more", 0600);
    cr_expect_eq(cs_gzip_file(scratch_path("a"), &go_on), 0);
    cr_expect_neq(access(scratch_path("a"), F_OK), 0);
    cr_expect_neq(access(scratch_path("a.gz.part"), F_OK), 0);
}

Test(gzip, stops_when_told_and_leaves_the_plain_file)
{
    const atomic_bool stop = true;

    scratch_write("a", "text", 0600);
    cr_expect_eq(cs_gzip_file(scratch_path("a"), &stop), -ECANCELED);
    cr_expect_eq(access(scratch_path("a"), F_OK), 0);
    cr_expect_neq(access(scratch_path("a.gz"), F_OK), 0);
    cr_expect_neq(access(scratch_path("a.gz.part"), F_OK), 0);
}

Test(gzip, touches_only_plain_files_of_ours)
{
    scratch_write("b", "text", 0600);
    cr_assert_eq(symlink("b", scratch_path("a")), 0);
    cr_expect_eq(cs_gzip_file(scratch_path("a"), &go_on), -ELOOP);
    cr_assert_eq(link(scratch_path("b"), scratch_path("c")), 0);
    cr_expect_eq(cs_gzip_file(scratch_path("b"), &go_on), -EPERM);
    cr_expect_eq(cs_gzip_file(scratch_path("none"), &go_on), -ENOENT);
}
