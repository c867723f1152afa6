/* SPDX-License-Identifier: MIT */
/* Loads, climbs down the rungs, and lets go in the reverse order. */
#include "user/probe/hooks.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/probe/load.h"
#include "user/probe/plan.h"

#include <hooks.skel.h> /* needs knobs.h */

static int attach(struct cs_hooks *hooks, const struct bpf_program *program)
{
    struct bpf_link *link = bpf_program__attach(program);

    if (!link)
        return -errno;
    hooks->links[hooks->link_count++] = link;
    return 0;
}

static int attach_cgroup(struct cs_hooks *hooks, const struct bpf_program *program, int cgroup_fd)
{
    struct bpf_link *link = bpf_program__attach_cgroup(program, cgroup_fd);

    if (!link)
        return -errno;
    hooks->links[hooks->link_count++] = link;
    return 0;
}

static void detach_from(struct cs_hooks *hooks, size_t first)
{
    while (hooks->link_count > first)
        bpf_link__destroy(hooks->links[--hooks->link_count]);
}

/* All of the set or none of it. */
static int attach_set(struct cs_hooks *hooks, struct bpf_program *const *programs, int cgroup_fd)
{
    size_t first = hooks->link_count;

    for (; *programs; programs++) {
        int err =
            cgroup_fd >= 0 ? attach_cgroup(hooks, *programs, cgroup_fd) : attach(hooks, *programs);

        if (err) {
            detach_from(hooks, first);
            return err;
        }
    }
    return 0;
}

static unsigned common_features(const struct cs_hooks_options *options, const struct cs_caps *caps)
{
    unsigned features = caps->read_kernel ? CS_FEATURE_SEED : 0;

    if (options->cgroup_fd >= 0 && !options->no_wire)
        features |= CS_FEATURE_WIRE;
    if (!options->no_uprobes)
        features |= caps->cookies ? CS_FEATURE_UPROBE : CS_FEATURE_UPROBE_OLD;
    if (!options->no_uprobes && !options->no_uretprobes)
        features |= CS_FEATURE_URETPROBE;
    if (options->filter_tree)
        features |= CS_FEATURE_TREE;
    if (options->requests)
        features |= CS_FEATURE_TURNS;
    if (options->plaintext && caps->cookies)
        features |= CS_FEATURE_PLAIN;
    return features;
}

static int attach_fentry(struct cs_hooks *hooks)
{
    struct hooks *skeleton = hooks->skeleton;
    struct bpf_program *set[] = {
        /* returns first: an entry without its return would wait for ever */
        skeleton->progs.fx_v4_connect,
        skeleton->progs.fx_v6_connect,
        skeleton->progs.fe_v4_connect,
        skeleton->progs.fe_v6_connect,
        NULL,
    };

    return attach_set(hooks, set, -1);
}

static int attach_kprobe(struct cs_hooks *hooks)
{
    struct hooks *skeleton = hooks->skeleton;
    struct bpf_program *set[] = {
        skeleton->progs.kr_v4_connect,
        skeleton->progs.kr_v6_connect,
        skeleton->progs.kp_v4_connect,
        skeleton->progs.kp_v6_connect,
        NULL,
    };

    return attach_set(hooks, set, -1);
}

static int attach_cgroup_connect(struct cs_hooks *hooks, int cgroup_fd)
{
    struct hooks *skeleton = hooks->skeleton;
    struct bpf_program *set[] = {skeleton->progs.cg_connect4, skeleton->progs.cg_connect6, NULL};

    return cgroup_fd < 0 ? -ENOENT : attach_set(hooks, set, cgroup_fd);
}

/* What every rung needs: the states, and the packets where the host lets us. */
static int attach_common(struct cs_hooks *hooks, unsigned features, int cgroup_fd,
                         const struct cs_log *log)
{
    struct hooks *skeleton = hooks->skeleton;
    struct bpf_program *states[] = {skeleton->progs.tp_sock_destroy, skeleton->progs.tp_sock_state,
                                    NULL};
    struct bpf_program *tree[] = {skeleton->progs.tp_fork, skeleton->progs.tp_exit, NULL};
    struct bpf_program *wire[] = {skeleton->progs.cg_egress, skeleton->progs.cg_ingress, NULL};
    int err = attach_set(hooks, states, -1);

    if (err)
        return cs_fail(log, -EOPNOTSUPP, "cannot attach to tp_btf/inet_sock_set_state: %s",
                       strerror(-err));
    if (features & CS_FEATURE_TREE) {
        err = attach_set(hooks, tree, -1);
        if (err)
            return cs_fail(log, -EOPNOTSUPP, "cannot attach to tp_btf/sched_process_fork: %s",
                           strerror(-err));
    }
    hooks->wire = "off";
    if (!(features & CS_FEATURE_WIRE))
        return 0;
    err = attach_set(hooks, wire, cgroup_fd);
    if (err)
        cs_say(log, CONNSPAN_WARNING, "no wire view, cgroup_skb is refused on the v2 root: %s",
               strerror(-err));
    else
        hooks->wire = "cgroup_skb";
    cs_hooks_shared(hooks)->has_wire = !err;
    return 0;
}

/* The second attempt's rungs live in one load: kprobes load everywhere and fail only to attach. */
static int climb_down(struct cs_hooks *hooks, const struct cs_hooks_options *options)
{
    enum connspan_connect_hook forced = options->connect_hook;
    int err = -EOPNOTSUPP;

    hooks->connect = "tp_btf";
    if (forced == CONNSPAN_HOOK_AUTO || forced == CONNSPAN_HOOK_KPROBE) {
        err = attach_kprobe(hooks);
        if (!err)
            hooks->connect = "kprobe";
    }
    if (err && (forced == CONNSPAN_HOOK_AUTO || forced == CONNSPAN_HOOK_BASIC)) {
        err = attach_cgroup_connect(hooks, options->cgroup_fd);
        if (!err)
            hooks->connect = "cgroup_connect";
        err = 0; /* without it CLOSE -> SYN_SENT is the start */
    }
    return err;
}

static int open_fentry(struct cs_hooks *hooks, const struct cs_hooks_options *options,
                       const struct cs_caps *caps, const struct cs_log *log)
{
    unsigned features = common_features(options, caps) | CS_FEATURE_FENTRY;
    int err = cs_load(features, options, caps, &hooks->skeleton);

    if (err)
        return err;
    err = attach_common(hooks, features, options->cgroup_fd, log);
    if (!err)
        err = attach_fentry(hooks);
    if (!err) {
        hooks->connect = "fentry";
        return 0;
    }
    detach_from(hooks, 0);
    hooks__destroy(hooks->skeleton);
    hooks->skeleton = NULL;
    return err;
}

static int open_lower(struct cs_hooks *hooks, const struct cs_hooks_options *options,
                      const struct cs_caps *caps, const struct cs_log *log)
{
    unsigned features = common_features(options, caps);
    int err;

    if (options->connect_hook != CONNSPAN_HOOK_BASIC)
        features |= CS_FEATURE_KPROBE;
    if (options->connect_hook != CONNSPAN_HOOK_KPROBE && options->cgroup_fd >= 0)
        features |= CS_FEATURE_CGROUP_CONNECT;
    err = cs_load(features, options, caps, &hooks->skeleton);
    if (err)
        return cs_fail(log, -EOPNOTSUPP, "the kernel refuses the BPF programs: %s (-vv shows why)",
                       strerror(-err));
    err = attach_common(hooks, features, options->cgroup_fd, log);
    if (err)
        return err;
    err = climb_down(hooks, options);
    if (err)
        return cs_fail(log, -EOPNOTSUPP, "--hooks kprobe: cannot attach to tcp_v4_connect: %s",
                       strerror(-err));
    return 0;
}

int cs_hooks_open(const struct cs_hooks_options *options, const struct cs_caps *caps,
                  const struct cs_log *log, struct cs_hooks **out)
{
    struct cs_hooks *hooks = calloc(1, sizeof(*hooks));
    int err = -EOPNOTSUPP;

    if (!hooks)
        return cs_fail(log, -ENOMEM, "out of memory");
    cs_load_log(log);
    if (options->connect_hook == CONNSPAN_HOOK_AUTO ||
        options->connect_hook == CONNSPAN_HOOK_FENTRY)
        err = open_fentry(hooks, options, caps, log);
    if (err && options->connect_hook == CONNSPAN_HOOK_FENTRY)
        cs_fail(log, err, "--hooks fentry: this kernel refuses it: %s", strerror(-err));
    else if (err)
        err = open_lower(hooks, options, caps, log);
    cs_load_log(NULL);
    if (err) {
        cs_hooks_close(hooks);
        return err == -ENOMEM ? err : -EOPNOTSUPP;
    }
    *out = hooks;
    return 0;
}

void cs_hooks_close(struct cs_hooks *hooks)
{
    if (!hooks)
        return;
    detach_from(hooks, 0);
    hooks__destroy(hooks->skeleton);
    free(hooks);
}
