/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * From files and file descriptors to TCP sockets, by reading the kernel's own structures: programs
 * that use it must not be loaded under lockdown=confidentiality, or stand behind knobs.read_kernel.
 */
#pragma once

#include "kernel.h"

/* NULL: not a TCP socket. */
static __always_inline struct sock *sock_of_file(struct file *file)
{
    struct socket *socket;
    struct sock *sk;
    __u16 family;

    if ((BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
        return 0;
    socket = BPF_CORE_READ(file, private_data);
    sk = BPF_CORE_READ(socket, sk);
    if (!sk || BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP)
        return 0;
    family = BPF_CORE_READ(sk, __sk_common.skc_family);
    return family == AF_INET || family == AF_INET6 ? sk : 0;
}

/* The same for a descriptor of the current process. */
static __always_inline struct sock *sock_of_fd(__u32 fd)
{
    struct task_struct *task = (void *)bpf_get_current_task();
    struct fdtable *table = BPF_CORE_READ(task, files, fdt);
    struct file **files = BPF_CORE_READ(table, fd);
    struct file *file = 0;

    if (fd >= BPF_CORE_READ(table, max_fds) ||
        bpf_probe_read_kernel(&file, sizeof(file), files + fd) || !file)
        return 0;
    return sock_of_file(file);
}
