/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The key of a socket in every table: the address of its struct sock, counted from `shared` on. The
 * verifier forbids arithmetic on a pointer to a socket, and a key must be hashed (conn_mark()); but
 * the difference of two pointers it takes for a number (adjust_reg_min_max_vals()).
 */
#pragma once

#include "kernel.h"

#include "wire/knobs.h"

extern struct cs_shared shared;

static __always_inline __u64 sock_key(const void *sk)
{
    __u64 key = (__u64)sk;

    asm volatile("%0 -= %1" : "+r"(key) : "r"(&shared));
    return key;
}

/* Of an address that was read from the kernel's memory: a number already. */
static __always_inline __u64 sock_key_of(__u64 address)
{
    const struct cs_shared *origin = &shared;
    __u64 number = 0;

    bpf_probe_read_kernel(&number, sizeof(number), &origin);
    return address - number;
}
