/* SPDX-License-Identifier: MIT */
/*
 * hollow: hangs programs that do nothing on the hooks of `connspan record`, libraries included,
 * says so on standard error, and stays until SIGINT.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "user/probe/caps.h"
#include "user/probe/cgroups.h"
#include "user/probe/libraries.h"
#include "user/probe/uprobe.h"

#include <hollow.skel.h>

static void say_line(void *context, enum connspan_level level, const char *text)
{
    (void)context;
    if (level <= CONNSPAN_WARNING)
        fprintf(stderr, "hollow: %s\n", text);
}

static const struct cs_log log_line = {say_line, NULL};

_Noreturn static void die(const char *what)
{
    fprintf(stderr, "hollow: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void attach_kernel(struct hollow *hollow, int cgroup_fd)
{
    const struct bpf_program *of_cgroup[] = {hollow->progs.cg_connect4, hollow->progs.cg_connect6,
                                             hollow->progs.cg_egress, hollow->progs.cg_ingress};
    const struct bpf_program *traced[] = {hollow->progs.tp_sock_state,
                                          hollow->progs.tp_sock_destroy};

    for (size_t i = 0; i < sizeof(of_cgroup) / sizeof(of_cgroup[0]); i++) {
        if (!bpf_program__attach_cgroup(of_cgroup[i], cgroup_fd))
            die("cgroup");
    }
    for (size_t i = 0; i < sizeof(traced) / sizeof(traced[0]); i++) {
        if (!bpf_program__attach(traced[i]))
            die("tracing");
    }
}

static struct cs_libraries *attach_libraries(const struct hollow *hollow,
                                             const struct cs_caps *caps)
{
    int fd = bpf_program__fd(hollow->progs.up_site);
    struct cs_libraries_options options = {
        .programs = CS_NO_UPROBE_PROGRAMS,
        .multi = caps->uprobe_multi,
        .ends = true,
        .calls = caps->uprobe_calls,
        .lookups = true,
        .log = &log_line,
    };
    struct cs_libraries *libraries;

    options.programs.site = fd;
    options.programs.lookup_return = bpf_program__fd(hollow->progs.ur_lookup);
    libraries = cs_libraries_new(&options);
    if (!libraries)
        die("libraries");
    cs_libraries_scan(libraries);
    return libraries;
}

static void wait_for_signal(void)
{
    sigset_t wanted;
    int signal;

    sigemptyset(&wanted);
    sigaddset(&wanted, SIGINT);
    sigprocmask(SIG_BLOCK, &wanted, NULL);
    fprintf(stderr, "hollow: attached\n");
    sigwait(&wanted, &signal);
}

int main(void)
{
    struct cs_cgroups *cgroups;
    struct cs_libraries *libraries;
    struct hollow *hollow;
    struct cs_caps caps;

    cs_caps_probe(&caps, true);
    hollow = hollow__open();
    if (!hollow || cs_cgroups_open(&log_line, &cgroups))
        die("open");
    if (caps.uprobe_multi) {
        const enum bpf_attach_type multi = (enum bpf_attach_type)CS_TRACE_UPROBE_MULTI;

        bpf_program__set_expected_attach_type(hollow->progs.up_site, multi);
        bpf_program__set_expected_attach_type(hollow->progs.ur_lookup, multi);
    }
    if (hollow__load(hollow))
        die("load");
    attach_kernel(hollow, cs_cgroups_root(cgroups));
    libraries = attach_libraries(hollow, &caps);
    wait_for_signal();
    cs_libraries_free(libraries);
    cs_cgroups_close(cgroups);
    return 0; /* the rest goes with the process */
}
