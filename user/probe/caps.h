/* SPDX-License-Identifier: MIT */
/*
 * What this kernel can do, asked before anything is loaded. Only what cannot be found by trying the
 * real hook is here; which rung a hook takes is decided by attaching it (hooks.c).
 */
#pragma once

#include <stdbool.h>

#include "user/base/log.h"

struct cs_caps {
    bool read_kernel;    /* bpf_probe_read_kernel: refused under lockdown=confidentiality */
    bool skb_pid_tgid;   /* bpf_get_current_pid_tgid in cgroup_skb: Linux 6.12 */
    bool cookies;        /* bpf_get_attach_cookie: Linux 5.15 */
    bool uprobe_multi;   /* Linux 6.6 */
    bool uretprobe_safe; /* return probes kill no process with a seccomp filter or a shadow stack */
    bool uprobe_calls;   /* probes on call instructions kill no process on a shadow stack */
    bool lazy_maps;      /* bpf_mem_alloc, Linux 6.1 (7c8199e24fa0): maps may grow on demand */
};

/* -EPERM: not root; -EOPNOTSUPP: no BTF; -EXDEV: a pid namespace of its own. Each means that this
 * host cannot be traced, said why. */
int cs_caps_require(const struct cs_log *log);

/* Trying out uprobes costs 40 ms, so it is left out where none are wanted. */
void cs_caps_probe(struct cs_caps *caps, bool with_uprobes);
