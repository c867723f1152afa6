/* SPDX-License-Identifier: MIT */
/* The thread beside the reader: what it is given it does, and what it tells is told where it is
 * heard. */
#include "user/probe/librarian.h"

#include "tests/harness/mapped.h"
#include "tests/harness/scratch.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CALLERS_MAX = 128, MANY = CALLERS_MAX + 12, PATIENCE_S = 30 };

static struct cs_librarian *librarian;
static struct mapped_file files[MANY];
static pthread_t here;
static unsigned told, said, arrived;
static const char *awaited = "";
static char last_told[64];
static uint64_t now_ns = 1;

static void on_library(void *context, __u16 number, const char *path)
{
    cr_expect(context == &told && number > 0 && pthread_equal(pthread_self(), here));
    snprintf(last_told, sizeof(last_told), "%s", path);
    told += !strncmp(path, files[0].path, strlen(files[0].path));
    arrived += !strcmp(path, awaited);
}

static void on_log(void *context, enum connspan_level level, const char *line)
{
    cr_expect(context == &said && level == CONNSPAN_WARNING && pthread_equal(pthread_self(), here));
    cr_expect(strstr(line, "callers of getaddrinfo already are"));
    said++;
}

static void setup(void)
{
    static const struct cs_log log = {on_log, &said};
    struct cs_libraries_options options = {.programs = CS_NO_UPROBE_PROGRAMS,
                                           .lookups = true,
                                           .log = &log,
                                           .on_library = on_library,
                                           .context = &told};

    here = pthread_self();
    librarian = cs_librarian_new(&options);
    cr_assert_not_null(librarian);
}

static void teardown(void)
{
    cs_librarian_free(librarian);
    scratch_remove();
}

TestSuite(librarian, .init = setup, .fini = teardown);

static void offer(int number)
{
    struct cs_mapping mapping = mapped_map(&files[number]);

    cs_librarian_offer(librarian, getpid(), &mapping);
}

/* Hears it until then. */
static void wait_for(const unsigned *count, unsigned wanted)
{
    time_t end = time(NULL) + PATIENCE_S;

    while (*count < wanted && time(NULL) < end) {
        cs_librarian_hear(librarian);
        sched_yield();
    }
    cr_assert_eq(*count, wanted);
}

Test(librarian, tells_where_it_is_heard)
{
    mapped_copy(&files[0], 0, "plain");
    offer(0);
    wait_for(&told, 1);
    cr_expect_str_eq(last_told, files[0].path);
    offer(0);
    cr_expect_eq(cs_librarian_failed(librarian), 0);
}

/* When a new file is told, what was wished for before is done, and what was due when the librarian
 * had nothing else to do. One that has the inode of a file that a sweep saw, and another test
 * removed since, is taken for that: the next one will do. */
static void wait_for_file(int number)
{
    time_t end = time(NULL) + 2;

    mapped_copy(&files[number], number, "plain");
    awaited = files[number].path;
    arrived = 0;
    offer(number);
    while (!arrived && time(NULL) < end) {
        cs_librarian_hear(librarian);
        sched_yield();
    }
}

/* While it sweeps, nobody maps or offers the file, which would keep it. */
Test(librarian, what_was_let_go_is_told_again)
{
    mapped_copy(&files[0], 0, "plain");
    offer(0);
    wait_for(&told, 1);
    for (int next = 1; told == 1 && next + 3 <= MANY; next += 3) {
        mapped_unmap(&files[0]);
        now_ns += 1000000000000;
        cs_librarian_sweep(librarian, now_ns);
        wait_for_file(next);
        wait_for_file(next + 1);
        offer(0); /* as long as it is known, nothing comes of that */
        wait_for_file(next + 2);
    }
    cr_expect_eq(told, 2);
}

#ifdef __x86_64__ /* elsewhere the libc is probed, not what calls it */
Test(librarian, its_log_is_heard_too)
{
    for (int i = 0; i < MANY; i++) {
        mapped_copy(&files[i], i, "caller");
        offer(i);
    }
    wait_for(&said, 1);
    cr_expect_gt(cs_librarian_failed(librarian), 0);
}
#endif

/* With wishes left: none is looked at any more, none leaks. */
Test(librarian, may_be_freed_at_work)
{
    for (int i = 0; i < MANY; i++) {
        mapped_copy(&files[i], i, "plain");
        offer(i);
    }
}
