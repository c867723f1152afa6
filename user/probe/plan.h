/* SPDX-License-Identifier: MIT */
/* Which BPF programs to load for what is wanted: a table, pure, without libbpf. */
#pragma once

#include <stdbool.h>

enum cs_feature {
    CS_FEATURE_FENTRY = 1 << 0,
    CS_FEATURE_KPROBE = 1 << 1,
    CS_FEATURE_CGROUP_CONNECT = 1 << 2,
    CS_FEATURE_WIRE = 1 << 3,
    CS_FEATURE_UPROBE = 1 << 4,     /* one entry program, told apart by cookie */
    CS_FEATURE_UPROBE_OLD = 1 << 5, /* one entry program per function: no cookies */
    CS_FEATURE_URETPROBE = 1 << 6,
    CS_FEATURE_TREE = 1 << 7,
    CS_FEATURE_SEED = 1 << 8,
    CS_FEATURE_TURNS = 1 << 9,
    CS_FEATURE_PLAIN = 1 << 10, /* plain text off OpenSSL */
};

/* Is the program part of a plan with these features (a set of enum cs_feature)? */
bool cs_plan_wants(unsigned features, const char *program);
