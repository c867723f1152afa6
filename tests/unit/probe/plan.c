/* SPDX-License-Identifier: MIT */
/* Which programs a set of features loads. */
#include "user/probe/plan.h"

#include <criterion/criterion.h>

Test(plan, states_and_the_sweep_are_always_wanted)
{
    cr_expect(cs_plan_wants(0, "tp_sock_state"));
    cr_expect(cs_plan_wants(0, "tp_sock_destroy"));
    cr_expect(cs_plan_wants(0, "sweep_conns"));
}

Test(plan, rungs_exclude_each_other)
{
    static const struct {
        unsigned feature;
        const char *program;
    } rows[] = {
        {CS_FEATURE_FENTRY, "fe_v4_connect"},
        {CS_FEATURE_FENTRY, "fx_v6_connect"},
        {CS_FEATURE_KPROBE, "kp_v4_connect"},
        {CS_FEATURE_KPROBE, "kr_v6_connect"},
        {CS_FEATURE_CGROUP_CONNECT, "cg_connect4"},
        {CS_FEATURE_WIRE, "cg_egress"},
        {CS_FEATURE_UPROBE, "up_site"},
        {CS_FEATURE_UPROBE_OLD, "up_statem"},
        {CS_FEATURE_UPROBE_OLD, "up_set_fd"},
        {CS_FEATURE_UPROBE_OLD, "up_ctrl"},
        {CS_FEATURE_UPROBE_OLD, "up_error"},
        {CS_FEATURE_UPROBE_OLD, "up_put_error"},
        {CS_FEATURE_UPROBE_OLD, "up_whole"},
        {CS_FEATURE_UPROBE_OLD, "up_end"},
        {CS_FEATURE_URETPROBE, "ur_lookup"},
        {CS_FEATURE_TREE, "tp_fork"},
        {CS_FEATURE_SEED, "seed_sockets"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cr_expect(cs_plan_wants(rows[i].feature, rows[i].program), "%s", rows[i].program);
        cr_expect_not(cs_plan_wants(~rows[i].feature, rows[i].program), "%s", rows[i].program);
    }
}
