/* SPDX-License-Identifier: MIT */
/* The live file alone, without its thread: continued, replaced, retired, made anew, full. */
#include "user/file/file.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/harness/scratch.h"
#include "user/base/open.h"

static bool anew;

static struct cs_file *open_file(const char *path, const char *title, const char *tail)
{
    struct cs_file_options options = {.path = path, .mode = 0640, .title = title, .tail = tail};
    struct cs_file *file;
    int fd;

    cr_assert_eq(cs_open_output(path, 0640, NULL, &fd), 0);
    cr_assert_eq(cs_file_open(fd, true, &options, NULL, &file), 0);
    return file;
}

static int append(struct cs_file *file, const char *text)
{
    return cs_file_append(file, text, strlen(text), &anew);
}

static void expect_text(const char *name, const char *text)
{
    char *found = scratch_read(name);

    cr_expect_str_eq(found, text);
    free(found);
}

static void limit_files(rlim_t bytes)
{
    struct rlimit limit = {bytes, RLIM_INFINITY};

    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
}

TestSuite(file, .fini = scratch_remove);

Test(file, lines_are_continued_with_a_header_of_their_own)
{
    struct cs_file *file;

    for (int run = 0; run < 2; run++) {
        file = open_file(scratch_path("a"), NULL, NULL);
        cr_expect_eq(cs_file_begin(file, "h\n", 2), 0);
        cr_expect_eq(append(file, "1\n"), 0);
        cs_file_close(file);
    }
    expect_text("a", "h\n1\nh\n1\n");
}

Test(file, a_title_stands_once)
{
    struct cs_file *file;

    for (int run = 0; run < 2; run++) {
        file = open_file(scratch_path("a"), "t\n", NULL);
        cr_expect_eq(cs_file_begin(file, "", 0), 0);
        cr_expect_eq(append(file, "1\n"), 0);
        cs_file_close(file);
    }
    expect_text("a", "t\n1\n1\n");
}

Test(file, a_document_is_whole_after_every_step)
{
    struct cs_file *file;
    struct stat info;

    scratch_write("a", "what was there", 0600);
    file = open_file(scratch_path("a"), NULL, "]\n");
    expect_text("a", "what was there");
    cr_expect_eq(cs_file_begin(file, "[", 1), 0);
    expect_text("a", "[]\n");
    cr_expect_eq(append(file, ",1"), 0);
    expect_text("a", "[1]\n");
    cr_expect_eq(append(file, ",2,3"), 0);
    expect_text("a", "[1,2,3]\n");
    stat(scratch_path("a"), &info);
    cr_expect_eq(info.st_mode & 07777, 0640);
    cr_expect_neq(access(scratch_path("a.part"), F_OK), 0);
    cs_file_close(file);
}

Test(file, a_full_disk_takes_all_or_nothing)
{
    struct cs_file *lines = open_file(scratch_path("a"), NULL, NULL);
    struct cs_file *document = open_file(scratch_path("b"), NULL, "]\n");

    cs_file_begin(lines, "h\n", 2);
    cs_file_begin(document, "[", 1);
    append(document, ",1");
    limit_files(6);
    cr_expect_eq(append(lines, "1\n2\n3\n"), -EFBIG);
    expect_text("a", "h\n");
    cr_expect_lt(append(document, ",2,3,4,5"), 0);
    expect_text("b", "[1]\n");
    limit_files(RLIM_INFINITY);
    cr_expect_eq(append(lines, "1\n2\n3\n"), 0);
    cr_expect_eq(append(document, ",2,3,4,5"), 0);
    expect_text("a", "h\n1\n2\n3\n");
    expect_text("b", "[1,2,3,4,5]\n");
    cs_file_close(lines);
    cs_file_close(document);
}

Test(file, a_removed_file_is_begun_anew)
{
    struct cs_file *file = open_file(scratch_path("a"), NULL, NULL);

    cs_file_begin(file, "h\n", 2);
    append(file, "1\n");
    cr_expect_not(anew);
    unlink(scratch_path("a"));
    cr_expect_eq(append(file, "2\n"), 0);
    cr_expect(anew);
    expect_text("a", "h\n2\n");
    cs_file_close(file);
}

Test(file, a_removed_folder_is_waited_for)
{
    char folder[PATH_MAX], path[PATH_MAX + 4];
    struct cs_file *file;

    snprintf(folder, sizeof(folder), "%s", scratch_path("folder"));
    snprintf(path, sizeof(path), "%s/a", folder);
    mkdir(folder, 0700);
    file = open_file(path, NULL, "]\n");
    cs_file_begin(file, "[", 1);
    unlink(path);
    rmdir(folder);
    cr_expect_eq(append(file, ",1"), -ENOENT);
    cr_expect_eq(append(file, ",1"), -ENOENT);
    mkdir(folder, 0700);
    cr_expect_eq(append(file, ",1"), 0);
    expect_text("folder/a", "[1]\n");
    unlink(path);
    rmdir(folder);
    cs_file_close(file);
}

Test(file, retires_under_a_name_that_is_free)
{
    struct cs_file *file = open_file(scratch_path("a.x"), NULL, NULL);
    char closed[2][PATH_MAX];

    for (int i = 0; i < 2; i++) {
        cs_file_begin(file, "h\n", 2);
        cr_expect_eq(cs_file_retire(file, closed[i], sizeof(closed[i])), 0);
        cr_expect_eq(access(closed[i], F_OK), 0);
        cr_expect_eq(cs_file_reopen(file), 0);
    }
    cr_expect_str_neq(closed[0], closed[1]);
    unlink(scratch_path("a.x"));
    cr_expect_eq(cs_file_retire(file, closed[0], sizeof(closed[0])), -ENOENT);
    cs_file_close(file);
}

Test(file, replaces_in_one_step)
{
    struct cs_file *file = open_file(scratch_path("a"), NULL, NULL);

    scratch_write("a.part", "of a killed run", 0600);
    cr_expect_eq(cs_file_replace(file, "1\n", 2), 0);
    cr_expect_eq(cs_file_replace(file, "22\n", 3), 0);
    expect_text("a", "22\n");
    cr_expect_neq(access(scratch_path("a.part"), F_OK), 0);
    cs_file_close(file);
}

/* Somebody who may write into the folder must not lead us elsewhere. */
Test(file, follows_no_link_when_it_replaces)
{
    struct cs_file *file = open_file(scratch_path("a"), NULL, NULL);

    scratch_write("other", "untouched", 0600);
    cr_assert_eq(symlink("other", scratch_path("a.part")), 0);
    cr_expect_eq(cs_file_replace(file, "1\n", 2), -EEXIST);
    expect_text("other", "untouched");
    cs_file_close(file);
}
