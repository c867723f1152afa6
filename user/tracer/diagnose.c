/* SPDX-License-Identifier: MIT */
/*
 * The doctor: tries every rung by really attaching it for a moment, one after the other, and says
 * what an entry loses where something does not work. It changes nothing on the host.
 */
#include <connspan/doctor.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "user/probe/cgroups.h"
#include "user/probe/hooks.h"
#include "user/probe/libraries.h"
#include "user/probe/watch.h"

enum { MAX_FINDINGS = 16, REASON_BYTES = 256 };

struct examination {
    struct connspan_diagnosis diagnosis; /* first: what the caller holds */
    struct connspan_finding findings[MAX_FINDINGS];
    char reasons[MAX_FINDINGS][REASON_BYTES];
    struct utsname host;
    const char **paths;
    struct cs_libraries *libraries;
    struct cs_log log;       /* catches `said` */
    struct cs_log user;      /* the caller's */
    char said[REASON_BYTES]; /* the last thing a room said: the reason of a failure */
};

static void catch_line(void *context, enum connspan_level level, const char *text)
{
    struct examination *exam = context;

    if (level <= CONNSPAN_WARNING)
        snprintf(exam->said, sizeof(exam->said), "%s", text);
    cs_say(&exam->user, CONNSPAN_DEBUG, "%s", text);
}

/* The reason is what was said since the last finding. */
static struct connspan_finding *find(struct examination *exam, const char *name, const char *rung,
                                     bool works)
{
    size_t at = exam->diagnosis.finding_count++;
    struct connspan_finding *finding = &exam->findings[at];

    if (!works)
        memcpy(exam->reasons[at], exam->said, REASON_BYTES);
    exam->said[0] = '\0';
    *finding = (struct connspan_finding){
        .name = name,
        .rung = rung,
        .works = works,
        .reason = exam->reasons[at],
        .lost = "",
        .cure = "",
    };
    return finding;
}

static void set_loss(struct connspan_finding *finding, const char *lost, const char *cure)
{
    if (finding->works)
        return;
    finding->lost = lost;
    finding->cure = cure;
}

static bool try_connect(struct examination *exam, const struct cs_caps *caps, int cgroup_fd,
                        enum connspan_connect_hook hook, struct cs_hooks **hooks)
{
    struct cs_hooks_options options = {
        .connect_hook = hook,
        .no_uretprobes = true,
        .no_uprobes = true,
        .no_wire = cgroup_fd < 0,
        .cgroup_fd = cgroup_fd,
    };

    return !cs_hooks_open(&options, caps, &exam->log, hooks);
}

/* Marks the first rung that works as the one in use. */
static void examine_connect(struct examination *exam, const struct cs_caps *caps, int cgroup_fd)
{
    static const struct {
        enum connspan_connect_hook hook;
        const char *rung;
    } rungs[] = {
        {CONNSPAN_HOOK_FENTRY, "fentry"},
        {CONNSPAN_HOOK_KPROBE, "kprobe"},
        {CONNSPAN_HOOK_BASIC, "cgroup_connect"},
    };
    const char *wire = "off";
    bool used = false, state = false;
    struct connspan_finding *finding;

    for (size_t i = 0; i < sizeof(rungs) / sizeof(rungs[0]); i++) {
        struct cs_hooks *hooks = NULL;
        bool open = try_connect(exam, caps, cgroup_fd, rungs[i].hook, &hooks);

        finding =
            find(exam, "connect", rungs[i].rung, open && !strcmp(hooks->connect, rungs[i].rung));
        set_loss(finding,
                 i < 2 ? "the errno of a connect that never sent a SYN"
                       : "20-50 us of accuracy of connectStart",
                 "");
        finding->used = finding->works && !used;
        used |= finding->works;
        state |= open;
        if (open)
            wire = hooks->wire;
        cs_hooks_close(hooks);
    }
    finding = find(exam, "state", "tp_btf", state);
    finding->used = state;
    set_loss(finding, "everything",
             "a kernel from 5.10 with BTF, and a lockdown that lets BPF load");
    finding = find(exam, "wire", "cgroup_skb", !strcmp(wire, "cgroup_skb"));
    finding->used = finding->works;
    set_loss(finding, "TLS of programs that do not use OpenSSL; names by SNI; versions, ciphers",
             "run on the host, not in a container; another program may hold the cgroup root");
    exam->diagnosis.traceable = state;
}

static void examine_tls(struct examination *exam, const struct cs_caps *caps)
{
    struct connspan_finding *finding = find(exam, "tls", "uprobe_multi", caps->uprobe_multi);

    finding->used = caps->uprobe_multi;
    set_loss(finding, "nothing, but detaching takes long: 0.1 s for each probe", "Linux 6.6");
    finding = find(exam, "tls", "uretprobe", caps->uretprobe_safe);
    finding->used = caps->uretprobe_safe;
    set_loss(finding, "names that getaddrinfo found without a query",
             "a kernel in which return probes pass seccomp filters");
}

static void examine_discovery(struct examination *exam)
{
    struct cs_libraries_options options = {
        .programs = CS_NO_UPROBE_PROGRAMS,
        .log = &exam->log,
    };
    struct cs_watch *watch = NULL;
    struct connspan_finding *finding =
        find(exam, "discovery", "mmap2", !cs_watch_open(NULL, NULL, &exam->log, &watch));
    unsigned count;

    cs_watch_close(watch);
    finding->used = finding->works;
    set_loss(finding, "uprobes on libraries that are mapped after the start", "");
    exam->libraries = cs_libraries_new(&options);
    if (!exam->libraries)
        return;
    cs_libraries_scan(exam->libraries);
    count = cs_libraries_count(exam->libraries);
    exam->paths = calloc(count + 1, sizeof(*exam->paths));
    for (unsigned i = 0; exam->paths && i < count; i++)
        exam->paths[i] = cs_libraries_path(exam->libraries, i);
    exam->diagnosis.libraries = exam->paths;
    exam->diagnosis.library_count = exam->paths ? count : 0;
}

static void examine_host(struct examination *exam)
{
    struct cs_caps caps;
    struct cs_cgroups *cgroups = NULL;
    struct connspan_finding *finding;

    cs_caps_probe(&caps, true);
    finding = find(exam, "memory", "", caps.read_kernel);
    snprintf((char *)finding->reason, REASON_BYTES, "%s",
             caps.read_kernel ? "" : "the kernel is locked down for confidentiality");
    finding->used = caps.read_kernel;
    set_loss(finding,
             "kprobe; connections open before the start; the leader's comm; names by getaddrinfo",
             "boot without lockdown=confidentiality");
    finding = find(exam, "cgroup", "v2", !cs_cgroups_open(&exam->log, &cgroups));
    finding->used = finding->works;
    set_loss(finding, "the wire view, the cgroup rung, cgroup paths", "mount cgroup2");
    if (cgroups && cs_cgroups_is_partial(cgroups))
        finding->lost =
            "what runs outside this container: the visible cgroup root is not the host's";
    examine_connect(exam, &caps, cgroups ? cs_cgroups_root(cgroups) : -1);
    examine_tls(exam, &caps);
    examine_discovery(exam);
    cs_cgroups_close(cgroups);
}

int connspan_diagnose(connspan_log_fn on_log, void *context, struct connspan_diagnosis **diagnosis)
{
    struct examination *exam = calloc(1, sizeof(*exam));
    struct connspan_finding *finding;
    int err;

    if (!exam)
        return -ENOMEM;
    exam->log = (struct cs_log){catch_line, exam};
    exam->user = (struct cs_log){on_log, context};
    uname(&exam->host);
    exam->diagnosis.kernel = exam->host.release;
    exam->diagnosis.findings = exam->findings;
    err = cs_caps_require(&exam->log);
    finding = find(exam, err == -EPERM ? "rights" : err == -EXDEV ? "pids" : "btf", "", !err);
    finding->used = !err;
    set_loss(finding, "everything",
             err == -EPERM   ? "run it as root"
             : err == -EXDEV ? "run it in the host's pid namespace"
                             : "a kernel with BTF");
    if (!err)
        examine_host(exam);
    *diagnosis = &exam->diagnosis;
    return 0;
}

void connspan_diagnosis_free(struct connspan_diagnosis *diagnosis)
{
    struct examination *exam = (struct examination *)diagnosis;

    if (!exam)
        return;
    cs_libraries_free(exam->libraries);
    free(exam->paths);
    free(exam);
}
