/* SPDX-License-Identifier: MIT */
/* What a disk takes, does not take, and takes again, seen from the caller's side. */
#include "user/file/spool.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/harness/scratch.h"
#include "user/base/open.h"

enum { UNIT_BYTES = 100, MANY = 200000 }; /* 20 MB: more than is ever held */

static char said[8][512];
static int said_lines;

static void hear(void *context, enum connspan_level level, const char *text)
{
    (void)context;
    (void)level;
    snprintf(said[said_lines++ % 8], sizeof(said[0]), "%s", text);
}

static const struct cs_log log_to_test = {.fn = hear};

static struct cs_spool *spool_to(const char *path, struct cs_spool_options options)
{
    struct cs_file_options wanted = {.path = path, .mode = 0600};
    struct cs_spool *spool;
    struct cs_file *file;
    int fd;

    cr_assert_eq(cs_open_output(path, 0600, &log_to_test, &fd), 0);
    cr_assert_eq(cs_file_open(fd, true, &wanted, &log_to_test, &file), 0);
    cr_assert_eq(cs_spool_new(file, path, &options, &log_to_test, &spool), 0);
    return spool;
}

static int add(struct cs_spool *spool, int i)
{
    char unit[UNIT_BYTES + 1];

    snprintf(unit, sizeof(unit), "%-*d\n", UNIT_BYTES - 1, i);
    return cs_spool_add(spool, unit, UNIT_BYTES);
}

static int flush(struct cs_spool *spool)
{
    int state;

    while ((state = cs_spool_flush(spool)) == 1)
        sched_yield();
    return state;
}

static off_t size_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? st.st_size : -1;
}

static void limit_files(rlim_t bytes)
{
    struct rlimit limit = {bytes, RLIM_INFINITY};

    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
}

TestSuite(spool, .fini = scratch_remove, .timeout = 30);

Test(spool, writes_all_in_order)
{
    struct cs_spool *spool = spool_to(scratch_path("a"), (struct cs_spool_options){0});
    char unit[UNIT_BYTES];
    FILE *written;

    cr_expect_eq(cs_spool_begin(spool, CS_BEGIN_FIRST, "", 0), 0);
    for (int i = 0; i < MANY; i++) {
        cr_assert_eq(add(spool, i), 0);
        if (i % 1000 == 0)
            flush(spool);
    }
    cr_expect_eq(cs_spool_close(spool), 0);
    written = fopen(scratch_path("a"), "r");
    for (int i = 0; i < MANY; i++) {
        cr_assert_eq(fread(unit, 1, UNIT_BYTES, written), UNIT_BYTES);
        cr_assert_eq(atoi(unit), i);
    }
    cr_expect_eq(fread(unit, 1, 1, written), 0);
    fclose(written);
    cr_expect_eq(said_lines, 0, "%s", said[0]);
}

Test(spool, holds_for_a_full_disk_then_counts_then_goes_on)
{
    struct cs_spool *spool = spool_to(scratch_path("a"), (struct cs_spool_options){0});
    uint64_t lost = 0;

    limit_files(1000);
    cs_spool_begin(spool, CS_BEGIN_FIRST, "h\n", 2);
    for (int i = 0; i < MANY; i++)
        lost += add(spool, i) != 0;
    cr_expect_gt(lost, 0);
    cr_expect_eq(cs_spool_take_lost(spool), lost);
    while (flush(spool) != -EFBIG)
        sched_yield();
    cr_expect_eq(size_of(scratch_path("a")), 2);
    limit_files(RLIM_INFINITY);
    while (flush(spool) != 0)
        usleep(10000);
    add(spool, MANY);
    cr_expect_eq(cs_spool_close(spool), 0);
    cr_expect_eq((uint64_t)size_of(scratch_path("a")), 2 + (MANY + 1 - lost) * UNIT_BYTES);
    cr_expect_not_null(strstr(said[0], "File too large: tried again")
                           ?: strstr(said[0], "too slow"),
                       "%s", said[0]);
    cr_expect_not_null(strstr(said[said_lines - 1], "can be written again"), "%s", said[0]);
    cr_expect_leq(said_lines, 3);
}

/* Tried every second; only the first time is news. */
Test(spool, says_trouble_once)
{
    struct cs_spool *spool = spool_to(scratch_path("a"), (struct cs_spool_options){0});
    time_t end = time(NULL) + 3;

    limit_files(10);
    cs_spool_begin(spool, CS_BEGIN_FIRST, "h\n", 2);
    add(spool, 1);
    while (time(NULL) < end) {
        flush(spool);
        usleep(10000);
    }
    cr_expect_eq(said_lines, 1, "%d", said_lines);
    cr_expect_not_null(strstr(said[0], "File too large: tried again"), "%s", said[0]);
    limit_files(RLIM_INFINITY);
    while (flush(spool) != 0)
        usleep(10000);
    cr_expect_eq(said_lines, 2);
    cr_expect_eq(cs_spool_close(spool), 0);
}

Test(spool, counts_at_the_end_what_did_not_fit)
{
    struct cs_spool *spool = spool_to(scratch_path("a"), (struct cs_spool_options){0});

    limit_files(10);
    cs_spool_begin(spool, CS_BEGIN_FIRST, "h\n", 2);
    for (int i = 0; i < 5; i++)
        add(spool, i);
    cr_expect_eq(cs_spool_finish(spool), -EFBIG);
    cr_expect_eq(cs_spool_take_lost(spool), 5);
    cr_expect_eq(cs_spool_close(spool), -EFBIG);
    cr_expect_eq(size_of(scratch_path("a")), 2);
}

Test(spool, rotates_between_two_units)
{
    struct cs_spool *spool = spool_to(scratch_path("a"), (struct cs_spool_options){0});
    char *text;

    cs_spool_begin(spool, CS_BEGIN_FIRST, "h1\n", 3);
    add(spool, 1);
    cs_spool_begin(spool, CS_BEGIN_ROTATE, "h2\n", 3);
    add(spool, 2);
    cr_expect_eq(cs_spool_close(spool), 0);
    text = scratch_read("a");
    cr_expect_eq(strncmp(text, "h2\n2 ", 5), 0, "%s", text);
    cr_expect_eq(strlen(text), 3 + UNIT_BYTES);
    free(text);
}

Test(spool, reopens_what_was_moved_away)
{
    struct cs_spool *spool = spool_to(scratch_path("a"), (struct cs_spool_options){0});

    cs_spool_begin(spool, CS_BEGIN_FIRST, "h\n", 2);
    add(spool, 1);
    cr_expect_eq(flush(spool), 0);
    rename(scratch_path("a"), scratch_path("b"));
    add(spool, 2);
    cr_expect_eq(flush(spool), 0);
    cr_expect_eq(size_of(scratch_path("b")), 2 + 2 * UNIT_BYTES, "until told");
    cs_spool_begin(spool, CS_BEGIN_REOPEN, "h\n", 2);
    add(spool, 3);
    cr_expect_eq(cs_spool_close(spool), 0);
    cr_expect_eq(size_of(scratch_path("a")), 2 + UNIT_BYTES);
    cr_expect_eq(size_of(scratch_path("b")), 2 + 2 * UNIT_BYTES);
}

Test(spool, replaces_the_whole_content)
{
    struct cs_spool *spool = spool_to(scratch_path("a"), (struct cs_spool_options){0});

    for (int i = 1; i < 100; i++)
        cr_expect_eq(cs_spool_replace(spool, "0123456789", (size_t)(i % 10)), 0);
    cr_expect_eq(cs_spool_close(spool), 0);
    cr_expect_eq(size_of(scratch_path("a")), 9);
}

Test(spool, ends_without_having_begun)
{
    cr_expect_eq(cs_spool_close(spool_to(scratch_path("a"), (struct cs_spool_options){1, true})),
                 0);
    cr_expect_eq(cs_spool_close(NULL), 0);
}
