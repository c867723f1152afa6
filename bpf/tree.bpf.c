/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The processes we follow (-p, record -- command) and what they fork. Loaded only with that filter.
 */
#include "process.h"

SEC("tp_btf/sched_process_fork")
int BPF_PROG(tp_fork, struct task_struct *parent, struct task_struct *child)
{
    __u32 parent_tgid = parent->tgid;
    __u32 child_tgid = child->tgid;
    __u8 one = 1;

    if (child_tgid != parent_tgid && bpf_map_lookup_elem(&tree, &parent_tgid) &&
        bpf_map_update_elem(&tree, &child_tgid, &one, BPF_ANY))
        count_loss(CS_LOSS_TREE);
    return 0;
}

/* The pid may come back as somebody else's: forget it with its last thread. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(tp_exit, struct task_struct *task)
{
    __u32 tgid = task->tgid;

    if (task->signal->live.counter == 0)
        bpf_map_delete_elem(&tree, &tgid);
    return 0;
}
