/* SPDX-License-Identifier: MIT */
/* Asks by loading programs of a few instructions (libbpf's feature probes). */
#include "user/probe/caps.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "user/probe/uprobe_check.h"

#define VMLINUX_BTF "/sys/kernel/btf/vmlinux"

int cs_caps_require(const struct cs_log *log)
{
    if (geteuid() != 0)
        return cs_fail(log, -EPERM, "tracing needs root: run it with sudo");
    if (access(VMLINUX_BTF, R_OK))
        return cs_fail(log, -EOPNOTSUPP,
                       "no type information at " VMLINUX_BTF
                       ": boot a kernel built with CONFIG_DEBUG_INFO_BTF (all current "
                       "distributions' are)");
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
    caps->read_kernel =
        libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_probe_read_kernel, NULL) == 1;
    caps->skb_pid_tgid =
        libbpf_probe_bpf_helper(BPF_PROG_TYPE_CGROUP_SKB, BPF_FUNC_get_current_pid_tgid, NULL) == 1;
    caps->cookies =
        libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_get_attach_cookie, NULL) == 1;
    caps->lazy_maps = kernel_at_least(6, 1);
    if (with_uprobes)
        try_uprobes(caps);
}
