/* SPDX-License-Identifier: MIT */
/* What user space does with the loaded programs while they run: maps, counters, iterators. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "include/wire/limits.h"
#include "user/base/cleanup.h"
#include "user/probe/hooks.h"

#include <hooks.skel.h> /* needs knobs.h */

static int fd_of(const struct bpf_program *program)
{
    return bpf_program__autoload(program) ? bpf_program__fd(program) : -1;
}

struct cs_uprobe_programs cs_hooks_uprobe_programs(const struct cs_hooks *hooks)
{
    struct hooks *skeleton = hooks->skeleton;

    return (struct cs_uprobe_programs){
        .site = fd_of(skeleton->progs.up_site),
        .statem = fd_of(skeleton->progs.up_statem),
        .handshake = fd_of(skeleton->progs.up_handshake),
        .free = fd_of(skeleton->progs.up_free),
        .set_fd = fd_of(skeleton->progs.up_set_fd),
        .ctrl = fd_of(skeleton->progs.up_ctrl),
        .error = fd_of(skeleton->progs.up_error),
        .put_error = fd_of(skeleton->progs.up_put_error),
        .plain = fd_of(skeleton->progs.up_plain),
        .whole = fd_of(skeleton->progs.up_whole),
        .lookup = fd_of(skeleton->progs.up_lookup),
        .lookup_return = fd_of(skeleton->progs.ur_lookup),
        .end = fd_of(skeleton->progs.up_end),
        .end_details = bpf_map__fd(skeleton->maps.end_details),
    };
}

int cs_hooks_ring_fd(const struct cs_hooks *hooks)
{
    return bpf_map__fd(hooks->skeleton->maps.ring);
}

struct cs_shared *cs_hooks_shared(const struct cs_hooks *hooks)
{
    return (struct cs_shared *)&hooks->skeleton->bss->shared;
}

int64_t cs_hooks_pending(const struct cs_hooks *hooks)
{
    const volatile struct cs_count *counts = (const void *)hooks->skeleton->bss->conn_counts;
    int64_t sum = 0;

    for (size_t i = 0; i < CS_MAX_CPUS_IN_ID; i++)
        sum += counts[i].count;
    return sum;
}

static void set_room(const struct cs_hooks *hooks)
{
    int64_t half = bpf_map__max_entries(hooks->skeleton->maps.conns) / 2;

    cs_hooks_shared(hooks)->room = half - cs_hooks_pending(hooks);
}

int cs_hooks_follow(const struct cs_hooks *hooks, __u32 tgid)
{
    __u8 one = 1;

    return bpf_map_update_elem(bpf_map__fd(hooks->skeleton->maps.tree), &tgid, &one, BPF_ANY)
               ? -errno
               : 0;
}

/* What an iterator tells goes to the ring: who is to empty it before it goes on. */
struct reader {
    bool (*read_out)(void *); /* NULL: nobody has to */
    void *context;
};

/* Reading an iterator runs it; these write to the ring, not to who reads them here. */
static int run(struct bpf_link *link, const struct reader *reader)
{
    cs_auto_fd int fd = bpf_iter_create(bpf_link__fd(link));
    char nothing[64];
    ssize_t got;

    if (fd < 0)
        return fd;
    while ((got = read(fd, nothing, sizeof(nothing))) > 0 || (got < 0 && errno == EAGAIN))
        if (got < 0 && reader->read_out && !reader->read_out(reader->context))
            return 0;
    return got < 0 ? -errno : 0;
}

static int run_once(const struct bpf_program *program, union bpf_iter_link_info *info,
                    const struct reader *reader)
{
    struct bpf_iter_attach_opts options;
    struct bpf_link *link;
    int err;

    memset(&options, 0, sizeof(options)); /* libbpf refuses padding that is not zero */
    options.sz = sizeof(options);
    options.link_info = info;
    options.link_info_len = info ? sizeof(*info) : 0;
    link = bpf_program__attach_iter(program, &options);
    if (!link)
        return -errno;
    err = run(link, reader);
    bpf_link__destroy(link);
    return err;
}

int cs_hooks_sweep(const struct cs_hooks *hooks, bool (*read_out)(void *), void *context)
{
    const struct reader reader = {read_out, context};
    union bpf_iter_link_info conns = {.map.map_fd = bpf_map__fd(hooks->skeleton->maps.conns)};
    union bpf_iter_link_info turns = {.map.map_fd = bpf_map__fd(hooks->skeleton->maps.turns_map)};
    int err;

    set_room(hooks);
    err = run_once(hooks->skeleton->progs.sweep_conns, &conns, &reader);
    if (!err && fd_of(hooks->skeleton->progs.sweep_turns) >= 0)
        err = run_once(hooks->skeleton->progs.sweep_turns, &turns, &reader);
    return err;
}

int cs_hooks_seed(const struct cs_hooks *hooks)
{
    const struct reader nobody = {0};

    if (fd_of(hooks->skeleton->progs.seed_sockets) < 0)
        return 0;
    set_room(hooks);
    return run_once(hooks->skeleton->progs.seed_sockets, NULL, &nobody);
}

/* What the kernel skipped because the program was running on that CPU already: Linux 5.12. */
static __u64 missed_runs(const struct cs_hooks *hooks)
{
    struct bpf_program *program;
    __u64 missed = 0;

    bpf_object__for_each_program(program, hooks->skeleton->obj)
    {
        struct bpf_prog_info info = {0};
        __u32 length = sizeof(info);

        if (fd_of(program) >= 0 &&
            !bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &length))
            missed += info.recursion_misses;
    }
    return missed;
}

void cs_hooks_losses(const struct cs_hooks *hooks, __u64 *total)
{
    int cpus = libbpf_num_possible_cpus();
    cs_auto_free __u64 *values = cpus > 0 ? calloc((size_t)cpus, sizeof(*values)) : NULL;
    int fd = bpf_map__fd(hooks->skeleton->maps.losses);

    for (__u32 loss = 0; values && loss < CS_LOSS_COUNT; loss++) {
        if (bpf_map_lookup_elem(fd, &loss, values))
            continue;
        for (int cpu = 0; cpu < cpus; cpu++)
            total[loss] += values[cpu];
    }
    total[CS_LOSS_HOOK] += missed_runs(hooks);
}
