/* SPDX-License-Identifier: MIT */
/* What the filter lets through and what it refuses, tried in a process of its own. */
#include "user/cli/calls.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

/* One system call; its errno, or 0. */
struct attempt {
    const char *name;
    long number;
    long arguments[5];
    int expected;        /* ENOSYS: the filter's word. Anything else comes from the kernel. */
    bool also_sanitized; /* what is limited in a build with sanitizers, too */
};

static int try_call(const struct attempt *attempt)
{
    const long *with = attempt->arguments;

    return syscall(attempt->number, with[0], with[1], with[2], with[3], with[4]) < 0 ? errno : 0;
}

/* bpf(2) without its attributes is EFAULT or EINVAL, whatever the command, where it is let in. */
static const struct attempt attempts[] = {
    {"load a program", SYS_bpf, {BPF_PROG_LOAD, 0, 0}, ENOSYS, true},
    {"load types", SYS_bpf, {BPF_BTF_LOAD, 0, 0}, ENOSYS, true},
    {"make a map", SYS_bpf, {BPF_MAP_CREATE, 0, 0}, ENOSYS, true},
    {"change a map", SYS_bpf, {BPF_MAP_UPDATE_ELEM, 0, 0}, ENOSYS, true},
    {"pin", SYS_bpf, {BPF_OBJ_PIN, 0, 0}, ENOSYS, true},
    {"another's program", SYS_bpf, {BPF_PROG_GET_FD_BY_ID, 0, 0}, ENOSYS, true},
    {"a command of the future", SYS_bpf, {1000, 0, 0}, ENOSYS, true},
    {"execute", SYS_execve, {0, 0, 0}, ENOSYS, false},
    {"execute by fd", SYS_execveat, {-1, 0, 0, 0}, ENOSYS, false},
    {"a socket", SYS_socket, {AF_INET, SOCK_STREAM, 0}, ENOSYS, false},
    {"connect", SYS_connect, {-1, 0, 0}, ENOSYS, false},
    {"trace a process", SYS_ptrace, {-1, 0, 0, 0}, ENOSYS, false},
    {"another's memory", SYS_process_vm_readv, {1, 0, 0, 0}, ENOSYS, false},
    {"mount", SYS_mount, {0, 0, 0, 0}, ENOSYS, false},
    {"another user", SYS_setuid, {0}, ENOSYS, false},
    {"a ring of calls", SYS_io_uring_setup, {1, 0}, ENOSYS, false},
    {"signal to all", SYS_kill, {-1, 0}, ENOSYS, false},
    {"probe by perf", SYS_perf_event_open, {0, 0, 0, 0}, ENOSYS, false},
    {"a terminal's input", SYS_ioctl, {0, 0x5412 /* TIOCSTI */, 0}, ENOSYS, false},
    {"who we are", SYS_geteuid, {0}, 0, true},
    {"a file", SYS_openat, {AT_FDCWD, 0, O_RDONLY}, EFAULT, true},
};

enum { COUNT = sizeof(attempts) / sizeof(attempts[0]) };

/* In a child: Criterion's own calls are none of a tracer's. What `tried` returned. */
static int in_child(const struct cs_calls *calls, int (*tried)(void))
{
    pid_t child = fork();
    int status = 0;

    if (child == 0) {
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        _exit(cs_calls_limit(calls) ? 255 : tried());
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status), "a signal: %d", WTERMSIG(status));
    return WEXITSTATUS(status);
}

/* The number, from 1, of the first that went otherwise; 0: all as expected. */
static int try_all(const struct attempt *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if ((!SANITIZED || list[i].also_sanitized) && try_call(&list[i]) != list[i].expected)
            return (int)i + 1;
    }
    return 0;
}

static int try_attempts(void)
{
    return try_all(attempts, COUNT);
}

Test(calls, what_is_refused)
{
    int first = in_child(&(struct cs_calls){0}, try_attempts);

    cr_assert_eq(first, 0, "%s", first <= COUNT ? attempts[first - 1].name : "no filter");
}

static int try_needed(void)
{
    static const long commands[] = {BPF_MAP_LOOKUP_ELEM, BPF_OBJ_GET_INFO_BY_FD, BPF_LINK_CREATE,
                                    BPF_ITER_CREATE};

    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (syscall(SYS_bpf, commands[i], NULL, 0) >= 0 || errno == ENOSYS)
            return (int)commands[i];
    }
    return 0;
}

Test(calls, what_late_libraries_need_is_not)
{
    cr_assert_eq(in_child(&(struct cs_calls){0}, try_needed), 0);
}

static pid_t parent;

static int try_what_is_asked_for(void)
{
    const struct attempt list[] = {
        {"probe by perf", SYS_perf_event_open, {0, 0, 0, 0, -1}, EINVAL, true},
        {"signal to the command", SYS_kill, {parent, 0}, 0, true},
        {"signal to another", SYS_kill, {getpid(), 0}, ENOSYS, false},
    };

    return try_all(list, sizeof(list) / sizeof(list[0]));
}

Test(calls, perf_and_signals_only_where_needed)
{
    const struct cs_calls calls = {.perf_uprobes = true, .command = getpid()};

    parent = getpid();
    cr_assert_eq(in_child(&calls, try_what_is_asked_for), 0);
}

static int try_memory(void)
{
    const int code = PROT_READ | PROT_EXEC, how = MAP_PRIVATE | MAP_ANONYMOUS;

    if (mmap(NULL, 4096, code, how, -1, 0) != MAP_FAILED || errno != ENOSYS)
        return 1;
    return mmap(NULL, 4096, PROT_READ, how, -1, 0) == MAP_FAILED ? 2 : 0;
}

Test(calls, no_new_code)
{
    if (SANITIZED)
        cr_skip("allowed here");
    cr_assert_eq(in_child(&(struct cs_calls){0}, try_memory), 0);
}

static int ready[2];

static void *of_a_thread(void *nothing)
{
    char go;

    (void)nothing;
    if (read(ready[0], &go, 1) != 1)
        return NULL;
    syscall(SYS_bpf, BPF_PROG_LOAD, NULL, 0);
    return errno == ENOSYS ? ready : NULL;
}

Test(calls, a_thread_from_before_is_limited_too)
{
    pid_t child = fork();
    int status = 0;

    if (child == 0) {
        pthread_t thread;
        void *refused = NULL;

        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        if (pipe(ready) || pthread_create(&thread, NULL, of_a_thread, NULL) ||
            cs_calls_limit(&(struct cs_calls){0}) || write(ready[1], "", 1) != 1)
            _exit(2);
        pthread_join(thread, &refused);
        _exit(refused ? 0 : 1);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
}
