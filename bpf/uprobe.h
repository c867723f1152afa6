/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What every uprobe program calls first. Linux 6.13 gave programs of type kprobe that use more than
 * 64 bytes of stack a stack of their own, one per CPU: nothing else runs there while a kprobe does.
 * But a uprobe's program is preemptible, and with PREEMPT or PREEMPT_LAZY the next task in it wrote
 * over the variables of the one that it displaced: a server's handshake became its client's. A
 * program that holds a tail call keeps the stack of its task, even if it never makes it
 * (check_max_stack_depth in kernel/bpf/verifier.c; the verifier then removes the call).
 */
#pragma once

#include "kernel.h"

#include "wire/knobs.h"

extern const volatile struct cs_knobs knobs;

struct no_programs_map {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u32);
};
extern struct no_programs_map no_programs SEC(".maps");

static __always_inline void keep_task_stack(void *ctx)
{
    if (knobs.tail_call)
        bpf_tail_call(ctx, &no_programs, 0);
}
