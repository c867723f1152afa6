/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The kernel as these programs see it: only the types and fields they read. CO-RE relocates every
 * access to the running kernel's layout, so order and gaps here mean nothing; the list is the
 * documentation of what we depend on. No vmlinux.h dump: that would tie the build to one host.
 */
#pragma once

#define __VMLINUX_H__ /* bpf_tracing.h: use the kernel's register names, declared below */

#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_helpers.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>

#define AF_INET      2
#define AF_INET6     10
#define SOCK_STREAM  1
#define IPPROTO_TCP  6
#define IPPROTO_UDP  17
#define PF_EXITING   0x00000004
#define PF_KTHREAD   0x00200000
#define S_IFMT       0170000
#define S_IFSOCK     0140000
#define ECONNREFUSED 111

#define SHUTDOWN_BOTH 3 /* include/net/tcp.h: SHUTDOWN_MASK, as close() sets it */

typedef _Bool bool;

/* include/net/tcp_states.h */
enum {
    TCP_ESTABLISHED = 1,
    TCP_SYN_SENT = 2,
    TCP_SYN_RECV = 3,
    TCP_FIN_WAIT1 = 4,
    TCP_CLOSE = 7,
    TCP_CLOSE_WAIT = 8,
    TCP_LISTEN = 10,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
    unsigned long di;
    unsigned long si;
    unsigned long dx;
    unsigned long cx;
    unsigned long r8;
    unsigned long r9;
    unsigned long ax;
    unsigned long sp;
    unsigned long bx; /* these six are preserved over calls */
    unsigned long bp;
    unsigned long r12;
    unsigned long r13;
    unsigned long r14;
    unsigned long r15;
    unsigned long ip;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
    __u64 regs[31];
    __u64 sp;
    __u64 pc;
    __u64 pstate;
};
struct pt_regs;
#endif

struct in6_addr {
    union {
        __u8 u6_addr8[16];
    } in6_u;
};

struct ns_common {
    unsigned int inum;
};

struct net {
    struct ns_common ns;
};

typedef struct {
    struct net *net;
} possible_net_t;

struct sock_common {
    __be32 skc_daddr;
    __be32 skc_rcv_saddr;
    __be16 skc_dport;
    __u16 skc_num;
    unsigned short skc_family;
    unsigned char skc_state;
    possible_net_t skc_net;
    struct in6_addr skc_v6_daddr;
    struct in6_addr skc_v6_rcv_saddr;
    unsigned long skc_flags;
};

struct sock {
    struct sock_common __sk_common;
    int sk_err;
    __u8 sk_shutdown : 2; /* a whole byte in newer kernels: read it as a bit field */
    __u16 sk_protocol;
    __u16 sk_type;
};

struct inet_sock {
    struct sock sk;
    __be16 inet_sport;
};

struct inet_connection_sock {
    struct inet_sock icsk_inet;
};

struct tcp_sock {
    struct inet_connection_sock inet_conn;
    __u32 srtt_us; /* << 3 */
    __u32 total_retrans;
    __u32 segs_out;
    __u32 snd_una;
    __u32 rcv_nxt;
    __u64 bytes_received;
    __u8 syn_data : 1;
    bool is_mptcp;
};

struct sockaddr {
    unsigned short sa_family;
};

typedef struct {
    unsigned int val;
} kuid_t;

struct cred {
    kuid_t uid;
};

typedef struct {
    int counter;
} atomic_t;

struct signal_struct {
    atomic_t live;
};

struct file;

struct fdtable {
    unsigned int max_fds;
    struct file **fd;
};

struct files_struct {
    struct fdtable *fdt;
};

struct nsproxy {
    struct net *net_ns;
};

struct task_struct {
    unsigned int flags;
    int pid;
    int tgid;
    int exit_code;
    char comm[16];
    struct task_struct *group_leader;
    const struct cred *cred;
    struct signal_struct *signal;
    struct files_struct *files;
    struct nsproxy *nsproxy;
};

struct inode {
    unsigned short i_mode;
};

struct file {
    struct inode *f_inode;
    void *private_data;
};

struct socket {
    struct sock *sk;
};

struct seq_file;

struct bpf_iter_meta {
    struct seq_file *seq;
    __u64 session_id;
    __u64 seq_num;
};

struct bpf_map;

struct bpf_iter__bpf_map_elem {
    struct bpf_iter_meta *meta;
    struct bpf_map *map;
    void *key;
    void *value;
};

struct bpf_iter__task_file {
    struct bpf_iter_meta *meta;
    struct task_struct *task;
    __u32 fd;
    struct file *file;
};

#pragma clang attribute pop

#include <bpf/bpf_tracing.h>
