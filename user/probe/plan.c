/* SPDX-License-Identifier: MIT */
/* The table of bpf/: which program serves which feature. What no row names is always loaded. */
#include "user/probe/plan.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *program;
    unsigned feature;
} rows[] = {
    {"fe_v4_connect", CS_FEATURE_FENTRY},
    {"fe_v6_connect", CS_FEATURE_FENTRY},
    {"fx_v4_connect", CS_FEATURE_FENTRY},
    {"fx_v6_connect", CS_FEATURE_FENTRY},
    {"kp_v4_connect", CS_FEATURE_KPROBE},
    {"kp_v6_connect", CS_FEATURE_KPROBE},
    {"kr_v4_connect", CS_FEATURE_KPROBE},
    {"kr_v6_connect", CS_FEATURE_KPROBE},
    {"cg_connect4", CS_FEATURE_CGROUP_CONNECT},
    {"cg_connect6", CS_FEATURE_CGROUP_CONNECT},
    {"cg_egress", CS_FEATURE_WIRE},
    {"cg_ingress", CS_FEATURE_WIRE},
    {"up_site", CS_FEATURE_UPROBE},
    {"up_statem", CS_FEATURE_UPROBE_OLD},
    {"up_handshake", CS_FEATURE_UPROBE_OLD},
    {"up_whole", CS_FEATURE_UPROBE_OLD},
    {"up_free", CS_FEATURE_UPROBE_OLD},
    {"up_set_fd", CS_FEATURE_UPROBE_OLD},
    {"up_ctrl", CS_FEATURE_UPROBE_OLD},
    {"up_error", CS_FEATURE_UPROBE_OLD},
    {"up_put_error", CS_FEATURE_UPROBE_OLD},
    {"up_lookup", CS_FEATURE_UPROBE_OLD},
    {"up_end", CS_FEATURE_UPROBE_OLD},
    {"ur_lookup", CS_FEATURE_URETPROBE},
    {"tp_fork", CS_FEATURE_TREE},
    {"tp_exit", CS_FEATURE_TREE},
    {"seed_sockets", CS_FEATURE_SEED},
    {"sweep_turns", CS_FEATURE_TURNS},
    {"up_plain", CS_FEATURE_PLAIN},
};

bool cs_plan_wants(unsigned features, const char *program)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (!strcmp(rows[i].program, program))
            return features & rows[i].feature;
    }
    return true;
}
