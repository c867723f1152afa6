/* SPDX-License-Identifier: MIT */
/*
 * Opens a live source, in the order that loses nothing: the watch for new libraries before the scan
 * of those there, hooks before the seed of what was open. Each part that this host lacks is said
 * and left out; only the states of sockets are required.
 */
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "user/tracer/live.h"

static void on_task_event(void *context, const struct cs_task_event *event)
{
    struct cs_source *source = context;

    cs_executables_note(source->informant.executables, event);
    if (event->kind == CS_TASK_MMAP && source->librarian)
        cs_librarian_offer(source->librarian, (pid_t)event->pid, &event->mapping);
}

static void on_library(void *context, __u16 number, const char *path)
{
    struct cs_source *source = context;

    cs_informant_tell(source->pipeline, CS_EVENT_LIBRARY, number, path);
}

/* By edge: all that is there is read in each round, and of what comes meanwhile the ring wakes
 * nobody; by level the next round would begin at once as long as a busy host makes records. */
static int watch_fd(struct cs_source *source, int fd)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};

    return epoll_ctl(source->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int check_filter(const struct connspan_filter *filter, const struct cs_cgroups *cgroups,
                        const struct cs_log *log)
{
    uint64_t id;

    for (size_t i = 0; i < filter->pid_count; i++) {
        if (kill((pid_t)filter->pids[i], 0) && errno == ESRCH)
            return cs_fail(log, -EINVAL, "--pid %u: there is no such process", filter->pids[i]);
    }
    for (size_t i = 0; cgroups && i < filter->cgroup_count; i++) {
        if (cs_cgroups_id(cgroups, filter->cgroups[i], &id))
            return cs_fail(log, -EINVAL, "--cgroup %s: there is no such cgroup in the v2 hierarchy",
                           filter->cgroups[i]);
    }
    return 0;
}

static bool want_returns(const struct connspan_options *options, const struct cs_caps *caps,
                         const struct cs_log *log)
{
    if (options->no_uretprobes || options->no_uprobes)
        return false;
    if (caps->uretprobe_safe)
        return true;
    cs_say(log, CONNSPAN_WARNING,
           "return probes would kill programs under seccomp on this kernel: not used, names that "
           "getaddrinfo finds without a query stay unknown");
    return false;
}

static int open_hooks(struct cs_source *source, const struct connspan_options *options,
                      const struct cs_caps *caps, const struct cs_log *log)
{
    struct cs_cgroups *cgroups = source->informant.cgroups;
    struct cs_hooks_options hooks = {
        .connect_hook = options->connect_hook,
        .no_uprobes = options->no_uprobes,
        .no_uretprobes = !want_returns(options, caps, log),
        .no_wire = options->no_wire || !cgroups,
        .filter_tree = options->filter.pid_count || options->nothing_yet,
        .requests = options->requests,
        .plaintext = options->plaintext && options->requests && !options->no_uprobes,
        .role = options->role,
        .cgroup_fd = cgroups ? cs_cgroups_root(cgroups) : -1,
        .ring_bytes = options->ring_bytes,
        .max_pending = options->max_pending,
        .start_ns = source->pipeline->run.shown.time_origin_ns,
    };
    int err = cs_hooks_open(&hooks, caps, log, &source->hooks);

    for (size_t i = 0; !err && i < options->filter.pid_count; i++)
        err = cs_hooks_follow(source->hooks, options->filter.pids[i]);
    if (!err)
        err = cs_live_ring(source, cs_hooks_ring_fd(source->hooks));
    if (!err)
        source->shared = cs_hooks_shared(source->hooks);
    return err;
}

/* Libraries need the programs; names need the watch only. */
static void open_discovery(struct cs_source *source, const struct connspan_options *options,
                           const struct cs_caps *caps, const struct cs_log *log)
{
    struct connspan_run *run = &source->pipeline->run.shown;
    bool has_wire = strcmp(run->hook_wire, "off") != 0;
    struct cs_libraries_options libraries = {
        .programs = cs_hooks_uprobe_programs(source->hooks),
        .multi = caps->uprobe_multi,
        .plaintext = options->plaintext && options->requests && has_wire,
        .ends = !options->no_uretprobes,
        .calls = caps->uprobe_calls,
        .lookups = cs_hooks_uprobe_programs(source->hooks).lookup_return >= 0,
        .log = log,
        .on_library = on_library,
        .context = source,
    };

    /* Without packets a descriptor ties the handshake to its socket, and its success ends it. */
    if (!options->no_uprobes && (has_wire || (caps->read_kernel && libraries.ends)))
        source->librarian = cs_librarian_new(&libraries);
    if (!cs_watch_open(on_task_event, source, log, &source->watch)) {
        run->hook_discovery = "mmap2";
        watch_fd(source, cs_watch_fd(source->watch));
    }
    if (source->librarian) {
        run->hook_tls = caps->uprobe_multi ? "uprobe_multi" : "uprobe";
        cs_librarian_scan(source->librarian);
        watch_fd(source, cs_librarian_fd(source->librarian));
        run->libraries = cs_librarian_probed(source->librarian);
    }
}

/* Its header names the hooks, so it opens last; the libraries told before it are told again. */
static int open_tape(struct cs_source *source, const struct connspan_options *options)
{
    struct cs_pipeline *pipeline = source->pipeline;
    const struct cs_libraries *libraries =
        source->librarian ? cs_librarian_libraries(source->librarian) : NULL;
    int err = options->tape ? cs_tape_writer_open(options->tape, &pipeline->run.shown,
                                                  &pipeline->log, &pipeline->tape)
                            : 0;

    for (unsigned i = 0; !err && libraries && i < cs_libraries_count(libraries); i++) {
        const char *path = cs_libraries_path(libraries, i);

        if (path)
            cs_informant_tell(pipeline, CS_EVENT_LIBRARY, i + 1, path);
    }
    return err;
}

static int open_parts(struct cs_source *source, const struct connspan_options *options,
                      const struct cs_log *log)
{
    struct connspan_run *run = &source->pipeline->run.shown;
    struct cs_caps caps;
    int err = cs_pace_open(&source->pace);

    source->informant.executables = cs_executables_new();
    source->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (err || source->epoll_fd < 0 || !source->informant.executables)
        return cs_fail(log, err ? err : -ENOMEM, "cannot start: %s", strerror(err ? -err : ENOMEM));
    cs_caps_probe(&caps, !options->no_uprobes);
    if (cs_cgroups_open(log, &source->informant.cgroups))
        source->informant.cgroups = NULL;
    err = check_filter(&options->filter, source->informant.cgroups, log);
    if (!err)
        err = open_hooks(source, options, &caps, log);
    if (err)
        return err;
    run->hook_connect = source->hooks->connect;
    run->hook_wire = source->hooks->wire;
    open_discovery(source, options, &caps, log);
    err = watch_fd(source, source->pace.timer_fd);
    if (!err)
        err = watch_fd(source, ring_buffer__epoll_fd(source->ring));
    if (!err && source->clock_watch >= 0)
        err = watch_fd(source, source->clock_watch);
    if (!err)
        err = cs_hooks_seed(source->hooks);
    return err;
}

int cs_live_open(const struct connspan_options *options, struct cs_pipeline *pipeline,
                 struct cs_source **out)
{
    struct cs_log log = {options->on_log, options->context};
    struct connspan_options in_kernel = *options;
    struct cs_clock_pair now;
    struct cs_source *source;
    int err = cs_caps_require(&log);

    if (err)
        return err;
    source = calloc(1, sizeof(*source));
    if (!source)
        return cs_fail(&log, -ENOMEM, "out of memory");
    source->epoll_fd = -1;
    source->clock_watch = cs_clock_watch(); /* before the first look */
    source->pipeline = pipeline;
    source->informant.pipeline = pipeline;
    now = cs_clock_pair_now();
    source->clock_told_ns = now.monotonic_ns;
    cs_run_here(&pipeline->run, &now);
    in_kernel.filter.pid_count = 0; /* the kernel follows forks, the pipeline could not */
    err = cs_pipeline_init(pipeline, &in_kernel);
    if (err) {
        cs_live_close(source);
        return err;
    }
    err = open_parts(source, options, &pipeline->log);
    if (!err)
        err = open_tape(source, options);
    if (err) {
        cs_live_close(source);
        cs_pipeline_free(pipeline);
        return err;
    }
    malloc_trim(0); /* the kernel's types are read and freed: half of what we would keep else */
    *out = source;
    return 0;
}
