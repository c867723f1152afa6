/* SPDX-License-Identifier: MIT */
/* Opens the skeleton, writes what is fixed before load, and loads. */
#include "user/probe/load.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "include/wire/limits.h"
#include "user/probe/plan.h"
#include "user/probe/uprobe.h"

#include <hooks.skel.h> /* needs knobs.h */

enum { LIBBPF_SHOWN_BYTES = 2000 };
enum { DEFAULT_RING_BYTES = 1 << 20, SMALLEST_RING_BYTES = 64 << 10 };
/* A map that is allocated whole must stay small; one that grows on demand may be generous. */
enum { DEFAULT_PENDING_LAZY = 131072, DEFAULT_PENDING_WHOLE = 32768 };

#define HELLO_WINDOW_NS 50000000ull
#define PREAMBLE_NS     30000000000ull

/* libbpf prints through one callback without a context: this thread's log, while we are in here. */
static _Thread_local const struct cs_log *libbpf_log;

/* A line each. Of a verifier's log, which is long, the end says what is wrong. */
static void say_end_of(char *text, size_t length)
{
    char *rest = length > LIBBPF_SHOWN_BYTES ? text + length - LIBBPF_SHOWN_BYTES : text;
    const char *line;

    while ((line = strsep(&rest, "\n"))) {
        if (*line)
            cs_say(libbpf_log, CONNSPAN_DEBUG, "%s", line);
    }
}

static int print_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
    char *text;
    int length;

    if (level == LIBBPF_DEBUG || !libbpf_log)
        return 0;
    length = vasprintf(&text, format, args);
    if (length < 0)
        return 0;
    say_end_of(text, (size_t)length);
    free(text);
    return 0;
}

void cs_load_log(const struct cs_log *log)
{
    libbpf_log = log;
    libbpf_set_print(print_libbpf);
}

static __u32 power_of_two_above(__u32 bytes)
{
    __u32 size = SMALLEST_RING_BYTES;

    while (size < bytes && size < 1u << 30)
        size *= 2;
    return size;
}

static __u32 max_pending_of(const struct cs_hooks_options *options, bool lazy)
{
    if (options->max_pending)
        return options->max_pending;
    return lazy ? DEFAULT_PENDING_LAZY : DEFAULT_PENDING_WHOLE;
}

static __u32 ring_bytes_of(const struct cs_hooks_options *options)
{
    return power_of_two_above(options->ring_bytes ? options->ring_bytes : DEFAULT_RING_BYTES);
}

static void set_sizes(struct hooks *skeleton, const struct cs_hooks_options *options, bool lazy)
{
    bpf_map__set_max_entries(skeleton->maps.conns, max_pending_of(options, lazy));
    if (lazy)
        bpf_map__set_map_flags(skeleton->maps.conns, BPF_F_NO_PREALLOC);
    bpf_map__set_max_entries(skeleton->maps.ring, ring_bytes_of(options));
    if (options->role == CONNSPAN_ROLE_CLIENT) {
        bpf_map__set_max_entries(skeleton->maps.listeners, 1);
        bpf_map__set_max_entries(skeleton->maps.syns, 1);
    }
    if (!options->requests)
        bpf_map__set_max_entries(skeleton->maps.turns_map, 1);
    else
        bpf_map__set_max_entries(skeleton->maps.turns_map, max_pending_of(options, lazy));
    if (lazy)
        bpf_map__set_map_flags(skeleton->maps.turns_map, BPF_F_NO_PREALLOC);
    if (!options->plaintext)
        bpf_map__set_max_entries(skeleton->maps.plains, 1);
    if (!options->filter_tree)
        bpf_map__set_max_entries(skeleton->maps.tree, 1);
    else if (lazy)
        bpf_map__set_map_flags(skeleton->maps.tree, BPF_F_NO_PREALLOC);
}

static void set_knobs(struct cs_knobs *knobs, const struct cs_hooks_options *options,
                      const struct cs_caps *caps)
{
    knobs->start_ns = options->start_ns;
    knobs->window_ns = HELLO_WINDOW_NS;
    knobs->silent_ns = CS_SILENT_NS;
    knobs->preamble_ns = PREAMBLE_NS;
    knobs->ring_bytes = ring_bytes_of(options);
    knobs->trace_client = options->role != CONNSPAN_ROLE_SERVER;
    knobs->trace_server = options->role != CONNSPAN_ROLE_CLIENT;
    knobs->requests = options->requests && !options->no_wire;
    knobs->plaintext = options->plaintext && knobs->requests;
    knobs->filter_tree = options->filter_tree;
    knobs->read_kernel = caps->read_kernel;
    knobs->skb_pid_tgid = caps->skb_pid_tgid;
    knobs->has_cookies = caps->cookies;
}

int cs_load_prepare(unsigned features, const struct cs_hooks_options *options,
                    const struct cs_caps *caps, struct hooks **out)
{
    struct hooks *skeleton = hooks__open();
    struct bpf_program *program;

    if (!skeleton)
        return -errno;
    set_sizes(skeleton, options, caps->lazy_maps);
    set_knobs((struct cs_knobs *)&skeleton->rodata->knobs, options, caps);
    bpf_object__for_each_program(program, skeleton->obj)
    {
        bpf_program__set_autoload(program, cs_plan_wants(features, bpf_program__name(program)));
    }
    if (caps->uprobe_multi) {
        bpf_program__set_expected_attach_type(skeleton->progs.up_site,
                                              (enum bpf_attach_type)CS_TRACE_UPROBE_MULTI);
        bpf_program__set_expected_attach_type(skeleton->progs.up_plain,
                                              (enum bpf_attach_type)CS_TRACE_UPROBE_MULTI);
        bpf_program__set_expected_attach_type(skeleton->progs.ur_lookup,
                                              (enum bpf_attach_type)CS_TRACE_UPROBE_MULTI);
    }
    *out = skeleton;
    return 0;
}

int cs_load(unsigned features, const struct cs_hooks_options *options, const struct cs_caps *caps,
            struct hooks **out)
{
    struct hooks *skeleton;
    int err = cs_load_prepare(features, options, caps, &skeleton);

    if (err)
        return err;
    err = hooks__load(skeleton);
    if (err) {
        hooks__destroy(skeleton);
        return err;
    }
    *out = skeleton;
    return 0;
}
