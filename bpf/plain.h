/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What a program reads and writes through OpenSSL (--plaintext), as turns of plain text: the state
 * of one object, from the moment its hello is tied to a socket until that socket's end. Turns have
 * the shape of turn.h and go the same way; offsets count application data.
 */
#pragma once

#include "turn.h"

static __always_inline void plain_begin(__u64 ssl, __u64 tgid, __u64 conn_id)
{
    struct plain_key key = {ssl, tgid};
    struct turns *turns;

    bpf_map_update_elem(&plains, &key, &no_turns, BPF_ANY);
    turns = bpf_map_lookup_elem(&plains, &key);
    if (turns)
        turns->conn_id = conn_id;
}

/* Nobody knows any more whose it is. */
static __always_inline void plain_void(__u64 ssl, __u64 tgid)
{
    struct plain_key key = {ssl, tgid};

    bpf_map_delete_elem(&plains, &key);
}
