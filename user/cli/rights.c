/* SPDX-License-Identifier: MIT */
/* What is kept follows from what the run does: its hooks, its command, its folders' owners. */
#include "user/cli/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/cli/calls.h"

enum need { ALWAYS, LIBRARIES, PERF_UPROBES, COMMAND, FOREIGN_FOLDER, NEED_COUNT };

static const struct {
    cap_value_t right;
    enum need need;
} rows[] = {
    {CAP_BPF, ALWAYS},                   /* bpf(2): counters, iterators, late links */
    {CAP_SYS_PTRACE, ALWAYS},            /* /proc/PID of other users: exe, maps, root */
    {CAP_DAC_READ_SEARCH, ALWAYS},       /* cgroups by id (open_by_handle_at), others' files */
    {CAP_CHECKPOINT_RESTORE, LIBRARIES}, /* /proc/PID/map_files, Linux 5.9 */
    {CAP_SYS_ADMIN, PERF_UPROBES},       /* perf_event_open of a uprobe, since CVE-2025-38466 */
    {CAP_KILL, COMMAND},                 /* a signal for a command that became another user */
    {CAP_DAC_OVERRIDE, FOREIGN_FOLDER},  /* a new file where root has no right to write */
};

/* Of a capability in the calling thread's effective set. */
static int set_effective(cap_value_t right, cap_flag_value_t value)
{
    cap_t rights = cap_get_proc();
    int err = 0;

    if (!rights || cap_set_flag(rights, CAP_EFFECTIVE, 1, &right, value) || cap_set_proc(rights))
        err = -errno;
    cap_free(rights);
    return err;
}

/* access(2) asks for root's rights whatever they are by now: AT_EACCESS does not. */
static bool may_write(const char *path, int how)
{
    return !faccessat(AT_FDCWD, path, how, AT_EACCESS) || errno != EACCES;
}

/* A pipe or a device is not made anew; nor is what was inherited, whose name is a link. */
static bool may_renew(const char *path)
{
    char folder[PATH_MAX];
    struct stat info;

    if (lstat(path, &info) || !(S_ISREG(info.st_mode) || S_ISSOCK(info.st_mode)))
        return true;
    if (S_ISREG(info.st_mode) && !may_write(path, W_OK))
        return false;
    strncpy(folder, path, sizeof(folder) - 1);
    folder[sizeof(folder) - 1] = '\0';
    return may_write(dirname(folder), W_OK | X_OK);
}

/* Files are renamed and made anew (rotation, SIGHUP, .prom), the socket is removed at the end. */
static bool has_foreign_folder(const struct cs_options *options)
{
    bool found = options->listen && !may_renew(options->listen);

    for (size_t i = 0; i < options->outputs.count; i++)
        found |= !may_renew(options->outputs.items[i].path);
    return found;
}

/* Asked as root without its right to write everywhere. */
static bool needs_override(const struct cs_options *options)
{
    bool found;

    if (set_effective(CAP_DAC_OVERRIDE, CAP_CLEAR))
        return true;
    found = has_foreign_folder(options);
    set_effective(CAP_DAC_OVERRIDE, CAP_SET); /* fails where it never was: as well */
    return found;
}

/* Those of the table that are needed and that we have, as effective and permitted alone. */
static cap_t choose(const bool needed[NEED_COUNT])
{
    cap_t kept = cap_init(), held = cap_get_proc();

    for (size_t i = 0; kept && held && i < sizeof(rows) / sizeof(rows[0]); i++) {
        cap_flag_value_t has = CAP_CLEAR;

        cap_get_flag(held, rows[i].right, CAP_PERMITTED, &has);
        if (!needed[rows[i].need] || has != CAP_SET)
            continue;
        cap_set_flag(kept, CAP_EFFECTIVE, 1, &rows[i].right, CAP_SET);
        cap_set_flag(kept, CAP_PERMITTED, 1, &rows[i].right, CAP_SET);
    }
    cap_free(held);
    return kept;
}

/* Without CAP_SETPCAP the bounding set stays: no program that we could run gains from it. */
static void bound(cap_t kept)
{
    for (cap_value_t right = 0; right < cap_max_bits(); right++) {
        cap_flag_value_t has = CAP_CLEAR;

        cap_get_flag(kept, right, CAP_PERMITTED, &has);
        if (has != CAP_SET)
            cap_drop_bound(right);
    }
}

static void tell(cap_t kept, struct cs_console *console)
{
    char *text = cap_to_text(kept, NULL), line[512];

    if (text)
        snprintf(line, sizeof(line), "rights kept: %s", text);
    if (text)
        cs_console_log(console, CONNSPAN_INFO, line);
    cap_free(text);
}

static int limit_capabilities(cap_t kept)
{
    if (!kept)
        return -ENOMEM;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return -errno;
    bound(kept);
    return cap_reset_ambient() || cap_set_proc(kept) ? -errno : 0;
}

/* A kernel without seccomp traces as well: what it lacks is said. */
static void limit_calls(const struct cs_calls *calls, struct cs_console *console)
{
    char line[128];
    int err = cs_calls_limit(calls);

    if (!err)
        return;
    snprintf(line, sizeof(line), "the tracer's system calls are not limited, seccomp: %s",
             strerror(-err));
    cs_console_log(console, CONNSPAN_WARNING, line);
}

int cs_rights_limit(const struct cs_options *options, const struct connspan_run *run, pid_t command,
                    struct cs_console *console)
{
    const bool needed[NEED_COUNT] = {
        [ALWAYS] = true,
        [LIBRARIES] = strcmp(run->hook_tls, "off") != 0,
        [PERF_UPROBES] = strcmp(run->hook_tls, "uprobe") == 0,
        [COMMAND] = command != 0,
        [FOREIGN_FOLDER] = needs_override(options),
    };
    const struct cs_calls calls = {.perf_uprobes = needed[PERF_UPROBES], .command = command};
    cap_t kept = choose(needed);
    int err = limit_capabilities(kept);

    if (err) {
        cs_console_fail(console, "record: cannot give up root's rights: %s", strerror(-err));
    } else {
        limit_calls(&calls, console);
        tell(kept, console);
    }
    cap_free(kept);
    return err;
}
