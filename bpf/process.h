/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Who is running: taken only where the current task is the one that acts (connect, listen, the
 * first send), never in softirq, where it is a bystander. Also: is that process one that we follow?
 */
#pragma once

#include "conn.h"

struct tree_map {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, CS_MAX_TREE);
    __type(key, __u32);
    __type(value, __u8);
};
extern struct tree_map tree SEC(".maps");

static __always_inline bool tree_has(__u32 tgid)
{
    return !knobs.filter_tree || bpf_map_lookup_elem(&tree, &tgid);
}

/* A client is filtered when it connects; a server's process is known for sure when it sends. */
static __always_inline bool conn_wanted(const struct conn *conn)
{
    return conn->facts.role == CS_ROLE_CLIENT || tree_has(conn->facts.process.tgid);
}

/* The helpers of a program in process context are the cheapest way, and the only one where
 * lockdown=confidentiality forbids reading the kernel's memory: there the thread's name stands for
 * the leader's, too. */
static __always_inline void process_calling(struct cs_process *process)
{
    __u64 id = bpf_get_current_pid_tgid();

    process->tgid = id >> 32;
    process->tid = (__u32)id;
    process->uid = (__u32)bpf_get_current_uid_gid();
    bpf_get_current_comm(process->thread, sizeof(process->thread));
    if (knobs.read_kernel && process->tid != process->tgid) {
        struct task_struct *task = (void *)bpf_get_current_task();

        BPF_CORE_READ_INTO(&process->comm, task, group_leader, comm);
    } else {
        __builtin_memcpy(process->comm, process->thread, sizeof(process->comm));
    }
}

/* The same where these helpers may be missing (cgroup_skb, before 6.12). */
static __always_inline void process_current(struct cs_process *process)
{
    struct task_struct *task = (void *)bpf_get_current_task();

    if (!knobs.read_kernel) {
        process_calling(process);
        return;
    }
    process->tgid = BPF_CORE_READ(task, tgid);
    process->tid = BPF_CORE_READ(task, pid);
    process->uid = BPF_CORE_READ(task, cred, uid.val);
    BPF_CORE_READ_INTO(&process->comm, task, group_leader, comm);
    BPF_CORE_READ_INTO(&process->thread, task, comm);
}

/* The network namespace that a system call of the current task works in; 0 = unknown. */
static __always_inline __u32 netns_current(void)
{
    struct task_struct *task;

    if (!knobs.read_kernel)
        return 0;
    task = (void *)bpf_get_current_task();
    return BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
}

/* tgid << 32 | tid, as bpf_get_current_pid_tgid gives it, in programs that may lack that helper. */
static __always_inline __u64 thread_current(void)
{
    struct task_struct *task;

    if (knobs.skb_pid_tgid)
        return bpf_get_current_pid_tgid();
    if (!knobs.read_kernel)
        return 0;
    task = (void *)bpf_get_current_task();
    return (__u64)BPF_CORE_READ(task, tgid) << 32 | (__u32)BPF_CORE_READ(task, pid);
}

/*
 * A connection whose connect() went by unseen: its SYN, still in the caller's context, is the first
 * that is known of it.
 */
static __always_inline struct conn *conn_of_syn(__u64 key, __u64 now_ns, bool counted)
{
    struct task_struct *task = (void *)bpf_get_current_task();
    struct conn *conn;

    if (!knobs.trace_client)
        return 0;
    /* A worker of the kernel joins a further MPTCP subflow: no program asked for it. */
    if (knobs.read_kernel && BPF_CORE_READ(task, flags) & PF_KTHREAD)
        return 0;
    conn = conn_create(key, now_ns, counted);
    if (!conn)
        return 0;
    conn->facts.start_ns = now_ns;
    conn->facts.start_source = CS_START_STATE;
    process_current(&conn->facts.process);
    return conn;
}
