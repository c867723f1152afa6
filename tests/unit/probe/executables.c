/* SPDX-License-Identifier: MIT */
/* Histories of processes, told as events; what /proc says is asked of ourselves only. */
#include "user/probe/executables.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Pids that /proc cannot know: beyond the kernel's limit of 2^22. */
enum { BASE = 1 << 23 };

static struct cs_executables *executables;

static void set_up(void)
{
    executables = cs_executables_new();
    cr_assert(executables);
}

static void tear_down(void)
{
    cs_executables_free(executables);
}

TestSuite(executables, .init = set_up, .fini = tear_down);

static void fork_at(uint64_t time_ns, uint32_t pid, uint32_t parent)
{
    struct cs_task_event event = {
        .kind = CS_TASK_FORK, .pid = pid, .parent = parent, .time_ns = time_ns};

    cs_executables_note(executables, &event);
}

static void exec_at(uint64_t time_ns, uint32_t pid, const char *path)
{
    struct cs_task_event event = {.kind = CS_TASK_EXEC, .pid = pid, .time_ns = time_ns};

    cs_executables_note(executables, &event);
    event = (struct cs_task_event){
        .kind = CS_TASK_MMAP, .pid = pid, .time_ns = time_ns + 1, .mapping.path = path};
    cs_executables_note(executables, &event);
}

static void expect_path(uint32_t pid, const char *path)
{
    const char *known = cs_executables_path(executables, pid);

    cr_expect_str_eq(known ? known : "(unknown)", path ? path : "(unknown)", "pid %u", pid);
}

Test(executables, learns_from_exec)
{
    exec_at(1, BASE, "/usr/bin/curl");
    exec_at(3, BASE + 1, "/usr/bin/wget");
    expect_path(BASE, "/usr/bin/curl");
    expect_path(BASE + 1, "/usr/bin/wget");
    exec_at(5, BASE, "/usr/bin/env");
    expect_path(BASE, "/usr/bin/env");
}

Test(executables, only_the_first_mapping_is_the_program)
{
    struct cs_task_event library = {
        .kind = CS_TASK_MMAP, .pid = BASE, .time_ns = 9, .mapping.path = "/lib/libssl.so.3"};

    exec_at(1, BASE, "/usr/bin/curl");
    cs_executables_note(executables, &library);
    expect_path(BASE, "/usr/bin/curl");
}

Test(executables, what_is_no_path_is_passed_over)
{
    struct cs_task_event program = {
        .kind = CS_TASK_MMAP, .pid = BASE, .time_ns = 9, .mapping.path = "/usr/bin/curl"};

    exec_at(1, BASE, "[vdso]");
    cs_executables_note(executables, &program);
    expect_path(BASE, "/usr/bin/curl");
}

Test(executables, children_inherit)
{
    exec_at(1, BASE, "/usr/sbin/nginx");
    fork_at(3, BASE + 1, BASE);
    expect_path(BASE + 1, "/usr/sbin/nginx");
    exec_at(5, BASE, "/usr/sbin/other");
    expect_path(BASE + 1, "/usr/sbin/nginx");
}

Test(executables, a_thread_changes_nothing)
{
    exec_at(1, BASE, "/usr/sbin/nginx");
    fork_at(3, BASE, BASE);
    expect_path(BASE, "/usr/sbin/nginx");
}

Test(executables, survives_the_end_of_the_process)
{
    struct cs_task_event end = {.kind = CS_TASK_EXIT, .pid = BASE, .tid = BASE, .time_ns = 9};

    exec_at(1, BASE, "/usr/bin/curl");
    cs_executables_note(executables, &end);
    expect_path(BASE, "/usr/bin/curl");
}

Test(executables, a_reused_pid_is_another_process)
{
    exec_at(1, BASE, "/usr/bin/curl");
    fork_at(5, BASE, BASE + 7); /* of a parent nobody knows */
    expect_path(BASE, NULL);
}

Test(executables, a_late_record_changes_nothing)
{
    exec_at(5, BASE, "/usr/bin/curl");
    fork_at(3, BASE, BASE + 1);
    expect_path(BASE, "/usr/bin/curl");
}

Test(executables, asks_proc_for_the_living)
{
    char path[4096] = "";

    cr_assert_gt(readlink("/proc/self/exe", path, sizeof(path) - 1), 0);
    path[1023] = '\0';
    expect_path((uint32_t)getpid(), path);
}

Test(executables, forgets_the_oldest_and_no_more)
{
    for (uint32_t i = 0; i < 40000; i++) {
        char path[32];

        snprintf(path, sizeof(path), "/bin/%u", i);
        exec_at(2 * i + 1, BASE + i, path);
    }
    expect_path(BASE + 39999, "/bin/39999");
    expect_path(BASE + 40000 - 32768 + 1, "/bin/7233");
    expect_path(BASE, NULL);
}

Test(executables, long_paths_are_cut)
{
    char path[4096];

    memset(path, 'x', sizeof(path) - 1);
    path[0] = '/';
    path[sizeof(path) - 1] = '\0';
    exec_at(1, BASE, path);
    cr_expect_eq(strlen(cs_executables_path(executables, BASE)), 1023);
}
