/* SPDX-License-Identifier: MIT */
/*
 * What the verifier of the running kernel makes of the BPF programs: a line for each with the
 * number of instructions that it walked, and how long the load of each set took. All features are
 * on, both roles, so that no code is pruned away.
 */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "user/base/cleanup.h"
#include "user/probe/load.h"
#include "user/probe/plan.h"

#include <hooks.skel.h> /* needs knobs.h */

enum { LOG_STATISTICS = 4 /* BPF_LOG_STATS */, LOG_BYTES = 4096, MAX_PROGRAMS = 64 };

static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void ask_for_statistics(struct hooks *skeleton, char (*logs)[LOG_BYTES])
{
    struct bpf_program *program;
    unsigned number = 0;

    bpf_object__for_each_program(program, skeleton->obj)
    {
        bpf_program__set_log_level(program, LOG_STATISTICS);
        bpf_program__set_log_buf(program, logs[number++], LOG_BYTES);
    }
}

static void print_statistics(const char *set, struct hooks *skeleton, char (*logs)[LOG_BYTES])
{
    struct bpf_program *program;
    unsigned number = 0;

    bpf_object__for_each_program(program, skeleton->obj)
    {
        const char *walked = strstr(logs[number++], "processed ");

        if (walked)
            printf("program %s %s %lu\n", set, bpf_program__name(program),
                   strtoul(walked + strlen("processed "), NULL, 10));
    }
}

static int verify(const char *set, unsigned features, const struct cs_caps *caps)
{
    const struct cs_hooks_options options = {
        .role = CONNSPAN_ROLE_BOTH, .filter_tree = true, .requests = true};
    cs_auto_free char(*logs)[LOG_BYTES] = calloc(MAX_PROGRAMS, LOG_BYTES);
    struct hooks *skeleton = NULL;
    double before_ms = now_ms();
    int err = logs ? cs_load_prepare(features, &options, caps, &skeleton) : -1;

    if (err)
        return err;
    ask_for_statistics(skeleton, logs);
    err = hooks__load(skeleton);
    if (!err)
        printf("load %s %.0f ms\n", set, now_ms() - before_ms);
    else
        fprintf(stderr, "%s: refused\n", set);
    print_statistics(set, skeleton, logs);
    hooks__destroy(skeleton);
    return err;
}

int main(void)
{
    unsigned common = CS_FEATURE_WIRE | CS_FEATURE_URETPROBE | CS_FEATURE_TREE | CS_FEATURE_TURNS;
    struct cs_caps caps;
    int failed;

    cs_caps_probe(&caps, true);
    common |= caps.cookies ? CS_FEATURE_UPROBE : CS_FEATURE_UPROBE_OLD;
    if (caps.read_kernel)
        common |= CS_FEATURE_SEED;
    failed = verify("lower", common | CS_FEATURE_KPROBE | CS_FEATURE_CGROUP_CONNECT, &caps);
    failed |= verify("fentry", common | CS_FEATURE_FENTRY, &caps);
    return failed ? 1 : 0;
}
