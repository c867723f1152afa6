/* SPDX-License-Identifier: MIT */
/*
 * A list of what is allowed, as strace saw it on every path of a running tracer. All else fails
 * with ENOSYS, as on a kernel that does not have it: the C library has a second way for a call it
 * would merely like to make, an operation of ours that fails is said or counted, and nobody's
 * tracer dies of a new C library. The kernel's log names what was refused (type=1326).
 */
#include "user/cli/calls.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = true }; /* which makes calls of its own: only bpf(2) is limited then */
#else
enum { SANITIZED = false };
#endif

static const int allowed[] = {
    /* reading, writing */
    SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(writev),
    SCMP_SYS(pwrite64), SCMP_SYS(pwritev), SCMP_SYS(pwritev2), SCMP_SYS(lseek), SCMP_SYS(fsync),
    SCMP_SYS(fdatasync), SCMP_SYS(ftruncate), SCMP_SYS(close), SCMP_SYS(dup), SCMP_SYS(dup3),
    SCMP_SYS(fcntl),
    /* files: outputs, /proc, libraries, cgroups */
    SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(open_by_handle_at), SCMP_SYS(stat), SCMP_SYS(lstat),
    SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(fstatfs), SCMP_SYS(access),
    SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
    SCMP_SYS(getdents64), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2),
    SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(fchmod), SCMP_SYS(utimensat), SCMP_SYS(umask),
    /* waiting */
    SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_ctl), SCMP_SYS(timerfd_settime), SCMP_SYS(futex), SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time),
    SCMP_SYS(wait4), SCMP_SYS(waitid), SCMP_SYS(restart_syscall),
    /* observers; the socket is there by now */
    SCMP_SYS(accept4), SCMP_SYS(setsockopt), SCMP_SYS(getsockopt), SCMP_SYS(recvfrom),
    SCMP_SYS(sendto), SCMP_SYS(shutdown),
    /* memory and threads; what a new process or thread does is filtered alike */
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(clone),
    SCMP_SYS(clone3), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity), SCMP_SYS(getpriority), SCMP_SYS(setpriority), SCMP_SYS(prctl),
    SCMP_SYS(capget), SCMP_SYS(capset), SCMP_SYS(prlimit64), SCMP_SYS(getrandom),
    SCMP_SYS(membarrier), SCMP_SYS(sysinfo), SCMP_SYS(uname), SCMP_SYS(exit), SCMP_SYS(exit_group),
    /* who we are, signals of our own */
    SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getpgrp), SCMP_SYS(getuid), SCMP_SYS(geteuid),
    SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(tgkill), SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
#ifdef __x86_64__
    335, 336, /* uretprobe, uprobe: by the kernel's own code, where somebody probes us */
#endif
};

/* enum bpf_cmd (linux/bpf.h): read a counter, count skipped runs, probe a library, sweep. Not among
 * them: to load programs, to make or change maps, to pin or look up what others have made. */
enum { MAP_LOOKUP_ELEM = 1, OBJ_GET_INFO_BY_FD = 15, LINK_CREATE = 28, ITER_CREATE = 33 };
static const uint32_t bpf_commands[] = {MAP_LOOKUP_ELEM, OBJ_GET_INFO_BY_FD, LINK_CREATE,
                                        ITER_CREATE};

/* Is it a terminal, how wide, whose; how full is a FIFO; a probe of perf_event_open(2). */
static const uint32_t ioctls[] = {
    TCGETS,
    0x802c542a /* TCGETS2, of newer C libraries */,
    TIOCGWINSZ,
    TIOCGPGRP,
    FIONREAD,
    PERF_EVENT_IOC_SET_BPF,
    PERF_EVENT_IOC_ENABLE,
};

static int allow_first_arguments(scmp_filter_ctx filter, int call, unsigned argument,
                                 const uint32_t *values, size_t count)
{
    int err = 0;

    for (size_t i = 0; !err && i < count; i++)
        err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
                               SCMP_CMP32(argument, SCMP_CMP_EQ, values[i]));
    return err;
}

/* Code is mapped before: no memory becomes executable any more. */
static int allow_memory(scmp_filter_ctx filter)
{
    int err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                               SCMP_CMP32(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));

    if (!err)
        err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                               SCMP_CMP32(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    return err;
}

static int allow(scmp_filter_ctx filter, const struct cs_calls *calls)
{
    int err = allow_memory(filter);

    for (size_t i = 0; !err && i < COUNT_OF(allowed); i++)
        err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    if (!err)
        err = allow_first_arguments(filter, SCMP_SYS(bpf), 0, bpf_commands, COUNT_OF(bpf_commands));
    if (!err)
        err = allow_first_arguments(filter, SCMP_SYS(ioctl), 1, ioctls, COUNT_OF(ioctls));
    if (!err && calls->perf_uprobes)
        err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(perf_event_open), 0);
    if (!err && calls->command)
        err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(kill), 1,
                               SCMP_CMP32(0, SCMP_CMP_EQ, (uint32_t)calls->command));
    return err;
}

static bool is_bpf_command(uint32_t command)
{
    for (size_t i = 0; i < COUNT_OF(bpf_commands); i++) {
        if (bpf_commands[i] == command)
            return true;
    }
    return false;
}

/* The same of bpf(2), where all else is allowed. */
static int refuse_bpf(scmp_filter_ctx filter)
{
    enum { COMMANDS = 64 }; /* more than any kernel knows */
    int err = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(bpf), 1,
                               SCMP_CMP32(0, SCMP_CMP_GE, COMMANDS));

    for (uint32_t command = 0; !err && command < COMMANDS; command++) {
        if (!is_bpf_command(command))
            err = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(bpf), 1,
                                   SCMP_CMP32(0, SCMP_CMP_EQ, command));
    }
    return err;
}

int cs_calls_limit(const struct cs_calls *calls)
{
    scmp_filter_ctx filter = seccomp_init(SANITIZED ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(ENOSYS));
    int err;

    if (!filter)
        return -ENOMEM;
    seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1);      /* Linux 4.14 */
    seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree, not a list */
    err = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (!err)
        err = SANITIZED ? refuse_bpf(filter) : allow(filter, calls);
    if (!err)
        err = seccomp_load(filter);
    seccomp_release(filter);
    return err;
}
