/* SPDX-License-Identifier: MIT */
/* A function of our own is probed; where it would be dangerous, in a child made for it. */
#include "user/probe/uprobe_check.h"

#include "user/base/cleanup.h"
#include "user/probe/maps.h"
#include "user/probe/uprobe.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* What the probes are tried on. Never called but by the child below. */
__attribute__((noinline)) static int probed(int value)
{
    __asm__ volatile("" : "+r"(value));
    return value + 1;
}

/* The file and the offset of probed(), which may be in a shared library. */
static int find_probed(__u64 *offset)
{
    uint64_t address = (uintptr_t)probed;
    cs_auto_free char *line = NULL;
    FILE *maps = fopen("/proc/self/maps", "re");
    struct cs_mapping mapping;
    size_t room = 0;
    int fd = -ENOENT;

    if (!maps)
        return -errno;
    while (fd == -ENOENT && getline(&line, &room, maps) > 0) {
        line[strcspn(line, "\n")] = '\0';
        if (cs_mapping_parse(line, &mapping) || address < mapping.start || address >= mapping.end)
            continue;
        fd = cs_mapping_open(getpid(), &mapping);
        *offset = address - mapping.start + mapping.offset;
        break;
    }
    fclose(maps);
    return fd;
}

static int load_nothing(bool is_multi)
{
    static const struct bpf_insn code[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
        {.code = BPF_JMP | BPF_EXIT},
    };
    LIBBPF_OPTS(bpf_prog_load_opts, options);

    if (is_multi)
        options.expected_attach_type = (enum bpf_attach_type)CS_TRACE_UPROBE_MULTI;
    return bpf_prog_load(BPF_PROG_TYPE_KPROBE, "cs_nothing", "GPL", code, 2, &options);
}

/* A probe on probed(): its fd, or -errno. */
static int attach(bool is_multi, bool is_return)
{
    __u64 offset = 0;
    cs_auto_fd int file = find_probed(&offset);
    cs_auto_fd int program = file < 0 ? -1 : load_nothing(is_multi);
    struct cs_uprobe uprobe = {.program_fd = program,
                               .file_fd = file,
                               .offsets = &offset,
                               .count = 1,
                               .is_return = is_return};

    if (file < 0 || program < 0)
        return file < 0 ? file : program;
    return is_multi ? cs_uprobe_attach_multi(&uprobe) : cs_uprobe_attach_perf(&uprobe, 0);
}

bool cs_uprobe_multi_supported(void)
{
    cs_auto_fd int link = attach(true, false);

    return link >= 0;
}

/*
 * From here on every return is compared with a stack of the processor's, where there is one: so
 * this is no function of its own, and who calls it must not return. ARCH_SHSTK_ENABLE,
 * ARCH_SHSTK_SHSTK.
 */
static inline __attribute__((always_inline)) void begin_shadow_stack(void)
{
#ifdef __x86_64__
    long result = SYS_arch_prctl;

    __asm__ volatile("syscall" : "+a"(result) : "D"(0x5001L), "S"(1L) : "rcx", "r11", "memory");
#endif
}

/* Only system calls from here on: the parent may have had other threads. */
static _Noreturn void run_limited(void)
{
    static struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigreturn, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    static const struct sock_fprog filter = {sizeof(code) / sizeof(*code), code};
    int status = 1;

    begin_shadow_stack();
    if (!syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
        !syscall(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0))
        status = probed(41) != 42;
    syscall(SYS_exit_group, status);
    __builtin_unreachable();
}

bool cs_uretprobe_is_safe(bool is_multi)
{
    cs_auto_fd int link = attach(is_multi, true);
    int status = -1;
    pid_t child;

    if (link < 0)
        return false;
    /* A fork that raises no SIGCHLD: the program we are part of must not notice it. */
    child = (pid_t)syscall(SYS_clone, 0, NULL, NULL, NULL, NULL);
    if (child == 0)
        run_limited();
    while (child > 0 && waitpid(child, &status, __WCLONE) < 0 && errno == EINTR)
        ;
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
