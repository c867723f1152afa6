/* SPDX-License-Identifier: MIT */
/*
 * The register, with no program to attach: what it takes, refuses, lets go and takes again. Others'
 * files are in it as well, when root runs this: what is counted is of our own alone.
 */
#include "user/probe/libraries.h"

#include "tests/harness/mapped.h"
#include "tests/harness/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    CALLERS_MAX = 128,
    MANY = CALLERS_MAX + 12,
    GONE = (1 << 22) + 1, /* above PID_MAX_LIMIT */
};

static struct cs_libraries *libraries;
static uint64_t now_ns;

static struct mapped_file files[MANY + 1];

static void setup(void)
{
    struct cs_libraries_options options = {.programs = CS_NO_UPROBE_PROGRAMS, .lookups = true};

    libraries = cs_libraries_new(&options);
    cr_assert_not_null(libraries);
}

static void teardown(void)
{
    cs_libraries_free(libraries);
    scratch_remove();
}

TestSuite(libraries, .init = setup, .fini = teardown);

static void copy(int number, const char *fixture)
{
    mapped_copy(&files[number], number, fixture);
}

static void offer(int number)
{
    struct cs_mapping mapping = mapped_map(&files[number]);

    cs_libraries_offer(libraries, getpid(), &mapping);
}

static void sweep(void)
{
    now_ns += 1000000000000;
    cs_libraries_sweep(libraries, now_ns);
}

static bool is_registered(int number)
{
    for (unsigned i = 0; i < cs_libraries_count(libraries); i++) {
        const char *path = cs_libraries_path(libraries, i);

        if (path && !strcmp(path, files[number].path))
            return true;
    }
    return false;
}

Test(libraries, let_go_are_taken_again)
{
    uint64_t failed;

    copy(0, "plain");
    offer(0);
    cr_expect(is_registered(0));
    sweep();
    cr_expect(is_registered(0), "it is mapped");
    mapped_unmap(&files[0]);
    sweep();
    cr_expect_not(is_registered(0));
    failed = cs_libraries_failed(libraries);
    offer(0);
    cr_expect(is_registered(0));
    cr_expect_eq(cs_libraries_failed(libraries), failed);
}

/* The old file is gone, and the new one has its number. */
Test(libraries, an_inode_that_is_used_again_is_another_file)
{
    scratch_write("0.so", "no library", 0600);
    snprintf(files[0].path, sizeof(files[0].path), "%s", scratch_path("0.so"));
    offer(0);
    cr_expect_not(is_registered(0));
    copy(0, "plain"); /* into it */
    offer(0);
    cr_expect(is_registered(0));
    sweep();
    cr_expect(is_registered(0), "maps tell no generation: what was seen last holds");
}

/* Their programs are gone when the records are read. */
Test(libraries, files_that_were_mapped_at_the_start_are_known)
{
    struct cs_mapping mapping;

    copy(0, "plain");
    mapping = mapped_map(&files[0]);
    mapping.generation = 0; /* as maps tell */
    cs_libraries_offer(libraries, getpid(), &mapping);
    mapped_unmap(&files[0]);
    unlink(files[0].path);
    mapping.generation = 7;
    cr_expect_not(cs_libraries_know(libraries, GONE, &mapping));
    cs_libraries_offer(libraries, GONE, &mapping);
    cr_expect(cs_libraries_know(libraries, GONE, &mapping));
}

Test(libraries, files_whose_generation_was_told_are_no_others)
{
    struct cs_mapping mapping;

    copy(0, "plain");
    offer(0);
    mapping = mapped_map(&files[0]);
    mapped_unmap(&files[0]);
    unlink(files[0].path);
    mapping.generation++;
    cs_libraries_offer(libraries, GONE, &mapping);
    cr_expect_not(cs_libraries_know(libraries, GONE, &mapping));
}

#ifdef __x86_64__ /* elsewhere the libc is probed, not what calls it */
Test(libraries, callers_have_an_end_and_leave_room_for_others)
{
    uint64_t failed;

    for (int i = 0; i < MANY; i++) {
        copy(i, "caller");
        offer(i);
    }
    failed = cs_libraries_failed(libraries);
    cr_expect_geq(failed, MANY - CALLERS_MAX);
    copy(MANY, "plain");
    offer(MANY);
    cr_expect(is_registered(MANY));
    cr_expect_eq(cs_libraries_failed(libraries), failed);
}

/* While all are mapped none gives way; then some are not. */
Test(libraries, callers_that_nobody_runs_give_way)
{
    uint64_t failed;

    for (int i = 0; i < MANY; i++) {
        copy(i, "caller");
        offer(i);
    }
    sweep();
    failed = cs_libraries_failed(libraries);
    copy(MANY, "caller");
    offer(MANY);
    cr_expect_gt(cs_libraries_failed(libraries), failed);
    for (int i = 0; i < CALLERS_MAX; i++)
        mapped_unmap(&files[i]);
    sweep();
    failed = cs_libraries_failed(libraries);
    for (int i = CALLERS_MAX; i <= MANY; i++)
        offer(i);
    unlink(files[0].path);
    copy(0, "caller");
    offer(0);
    cr_expect_eq(cs_libraries_failed(libraries), failed);
}
#endif
