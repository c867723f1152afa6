/* SPDX-License-Identifier: MIT */
/* Reads the names of this host once. */
#include "user/tracer/run.h"

#include <connspan/version.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

static void read_boot_id(char *text, int room)
{
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

    if (!file)
        return;
    if (fgets(text, room, file))
        text[strcspn(text, "\n")] = '\0';
    fclose(file);
}

void cs_run_here(struct cs_run *run, const struct cs_clock_pair *now)
{
    struct utsname name = {0};

    uname(&name);
    *run = (struct cs_run){0};
    snprintf(run->host, sizeof(run->host), "%s", name.nodename);
    snprintf(run->kernel, sizeof(run->kernel), "%s", name.release);
    read_boot_id(run->boot_id, sizeof(run->boot_id));
    run->shown = (struct connspan_run){
        .version = CONNSPAN_VERSION,
        .time_origin_ns = now->monotonic_ns,
        .time_origin_unix_ns = now->unix_ns,
        .clock_ns = now->monotonic_ns,
        .clock_unix_ns = now->unix_ns,
        .host = run->host,
        .boot_id = run->boot_id,
        .kernel = run->kernel,
        .hook_connect = "off",
        .hook_state = "tp_btf",
        .hook_wire = "off",
        .hook_tls = "off",
        .hook_discovery = "off",
    };
}
