/* SPDX-License-Identifier: MIT */
/*
 * Asks by loading programs of a few instructions. libbpf_probe_bpf_helper() is no help:
 * libbpf 1.1 takes the words in which Linux 6.9 and later refuse a helper for a success.
 */
#include "user/probe/caps.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "user/base/cleanup.h"
#include "user/probe/uprobe_check.h"

#define VMLINUX_BTF "/sys/kernel/btf/vmlinux"

enum { PID_INIT_INODE = 0xeffffffc }; /* PROC_PID_INIT_INO, linux/proc_ns.h */

/* Hooks tell the pids of the initial namespace; of any other, no process would be who it seems. */
static bool has_pids_of_its_own(void)
{
    struct stat status;

    return stat("/proc/self/ns/pid", &status) == 0 && status.st_ino != PID_INIT_INODE;
}

int cs_caps_require(const struct cs_log *log)
{
    if (geteuid() != 0)
        return cs_fail(log, -EPERM, "tracing needs root: run it with sudo");
    if (access(VMLINUX_BTF, R_OK))
        return cs_fail(log, -EOPNOTSUPP,
                       "no type information at " VMLINUX_BTF
                       ": boot a kernel built with CONFIG_DEBUG_INFO_BTF (all current "
                       "distributions' are)");
    if (has_pids_of_its_own())
        return cs_fail(log, -EXDEV,
                       "this container numbers processes by itself: run it on the host, or in a "
                       "container with the host's pid namespace (--pid=host)");
    return 0;
}

static bool kernel_at_least(int major, int minor)
{
    struct utsname name;
    int have_major = 0, have_minor = 0;

    if (uname(&name) || sscanf(name.release, "%d.%d", &have_major, &have_minor) != 2)
        return false;
    return have_major > major || (have_major == major && have_minor >= minor);
}

enum { MAX_ARGUMENT_CODE = 4 };

/* Loads: the code that prepares the arguments, the call, and 1 returned, which passes a packet. */
static bool can_call(enum bpf_prog_type type, enum bpf_func_id helper,
                     const struct bpf_insn *arguments, size_t count)
{
    static const struct bpf_insn end[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1},
        {.code = BPF_JMP | BPF_EXIT},
    };
    struct bpf_insn code[MAX_ARGUMENT_CODE + 3];
    cs_auto_fd int fd = -1;

    if (count)
        memcpy(code, arguments, count * sizeof(*code));
    code[count] = (struct bpf_insn){.code = BPF_JMP | BPF_CALL, .imm = helper};
    memcpy(code + count + 1, end, sizeof(end));
    fd = bpf_prog_load(type, "cs_trial", "GPL", code, count + 3, NULL);
    return fd >= 0;
}

static bool can_read_kernel(void)
{
    static const struct bpf_insn to_stack[MAX_ARGUMENT_CODE] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_10},
        {.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_1, .imm = -8},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = 8},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3},
    };

    return can_call(BPF_PROG_TYPE_KPROBE, BPF_FUNC_probe_read_kernel, to_stack, MAX_ARGUMENT_CODE);
}

/*
 * A call that the kernel emulates did not reach the shadow stack when that came (Linux 6.6), and
 * the return from it was the program's end. The jump behind it is as good, but dear: so no trial is
 * made of what is certain, that without the flag there is no such stack on this machine.
 */
static bool has_shadow_stacks(void)
{
    cs_auto_free char *line = NULL;
    FILE *cpus = fopen("/proc/cpuinfo", "re");
    size_t room = 0;
    bool has = true;

    while (cpus && getline(&line, &room, cpus) > 0) {
        if (strncmp(line, "flags", 5) != 0)
            continue;
        has = strstr(line, " user_shstk") != NULL;
        break;
    }
    if (cpus)
        fclose(cpus);
    return has;
}

/* A return probe that worked by a multi link has proven both. */
static void try_uprobes(struct cs_caps *caps)
{
    caps->uprobe_multi = caps->uretprobe_safe = cs_uretprobe_is_safe(true);
    if (caps->uretprobe_safe)
        return;
    caps->uprobe_multi = cs_uprobe_multi_supported();
    if (!caps->uprobe_multi)
        caps->uretprobe_safe = cs_uretprobe_is_safe(false);
}

void cs_caps_probe(struct cs_caps *caps, bool with_uprobes)
{
    *caps = (struct cs_caps){0};
    caps->read_kernel = can_read_kernel();
    caps->skb_pid_tgid = can_call(BPF_PROG_TYPE_CGROUP_SKB, BPF_FUNC_get_current_pid_tgid, NULL, 0);
    caps->cookies = can_call(BPF_PROG_TYPE_KPROBE, BPF_FUNC_get_attach_cookie, NULL, 0);
    caps->lazy_maps = kernel_at_least(6, 1);
    caps->uprobe_calls = !has_shadow_stacks();
    if (with_uprobes)
        try_uprobes(caps);
}
