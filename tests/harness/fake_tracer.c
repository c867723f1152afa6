/* SPDX-License-Identifier: MIT */
/* The tracer and the diagnosis of the fake library; fake_writer.c has the writers. */
#include "tests/harness/fake_tracer.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct connspan_tracer {
    int fd; /* a semaphore: readable once per entry and once at their end */
    unsigned left;
    struct connspan_loss loss;
    struct connspan_stats stats;
};

struct fake_tracer fake;

static void note(const char *call)
{
    size_t length = strlen(fake.journal);

    snprintf(fake.journal + length, sizeof(fake.journal) - length, "%s%s", length ? " " : "", call);
}

static int open_fake(const struct connspan_options *options, struct connspan_tracer **tracer)
{
    struct connspan_tracer *opened;

    fake.options = *options;
    note("open");
    if (fake.open_error) {
        options->on_log(options->context, CONNSPAN_ERROR, "the fake cannot be opened");
        return fake.open_error;
    }
    opened = calloc(1, sizeof(*opened));
    opened->left = fake.entries;
    opened->fd =
        eventfd(fake.asleep ? 0 : fake.entries + 1, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
    opened->loss.name = "output";
    *tracer = opened;
    return 0;
}

int connspan_tracer_open(const struct connspan_options *options, struct connspan_tracer **tracer)
{
    return open_fake(options, tracer);
}

int connspan_tracer_open_tape(const char *path, const struct connspan_options *options,
                              struct connspan_tracer **tracer)
{
    (void)path;
    return open_fake(options, tracer);
}

int connspan_tracer_fd(const struct connspan_tracer *tracer)
{
    return tracer->fd;
}

/* After the last entry: the signal that the test wants, once. */
static int end_of_entries(void)
{
    if (fake.signal)
        kill(getpid(), fake.signal);
    fake.signal = 0;
    return fake.end;
}

int connspan_tracer_poll(struct connspan_tracer *tracer, int timeout_ms)
{
    struct connspan_entry entry = {.size = sizeof(entry), .name = "tcp://fake"};
    eventfd_t count;

    (void)timeout_ms;
    note("poll");
    eventfd_read(tracer->fd, &count);
    if (!tracer->left)
        return end_of_entries();
    tracer->left--;
    entry.sequence = ++tracer->stats.entries;
    fake.options.on_entry(fake.options.context, &entry);
    return 1;
}

int connspan_tracer_follow(struct connspan_tracer *tracer, uint32_t pid)
{
    (void)tracer;
    note("follow");
    fake.followed = pid;
    if (fake.on_follow)
        fake.on_follow();
    return fake.follow_error;
}

int connspan_tracer_finish(struct connspan_tracer *tracer)
{
    (void)tracer;
    note("finish");
    return 0;
}

const struct connspan_run *connspan_tracer_run(const struct connspan_tracer *tracer)
{
    static const struct connspan_run run = {
        .version = "0",
        .host = "host",
        .boot_id = "",
        .kernel = "0",
        .hook_connect = "fentry",
        .hook_state = "tp_btf",
        .hook_wire = "cgroup_skb",
        .hook_tls = "uprobe",
        .hook_discovery = "mmap2",
        .libraries = 2,
    };

    (void)tracer;
    return &run;
}

const struct connspan_stats *connspan_tracer_stats(struct connspan_tracer *tracer)
{
    tracer->stats.dropped = tracer->loss.total;
    tracer->stats.losses = &tracer->loss;
    tracer->stats.loss_count = 1;
    return &tracer->stats;
}

void connspan_tracer_count_lost_output(struct connspan_tracer *tracer, uint64_t entries)
{
    tracer->loss.total += entries;
}

void connspan_tracer_close(struct connspan_tracer *tracer)
{
    if (!tracer)
        return;
    note("close");
    close(tracer->fd);
    free(tracer);
}

int connspan_diagnose(connspan_log_fn on_log, void *context, struct connspan_diagnosis **diagnosis)
{
    static const struct connspan_finding findings[] = {
        {"connect", "fentry", false, false, "Operation not permitted", "", ""},
        {"connect", "kprobe", true, true, "", "", ""},
        {"wire", "cgroup_skb", false, false, "no \"root\"", "TLS", "mount cgroup2"},
    };
    static const char *const libraries[] = {"/lib/libssl.so.3", "/\xc3\xa9\xff\033/libssl.so.1"};
    static struct connspan_diagnosis result;

    if (fake.diagnose_error) {
        on_log(context, CONNSPAN_ERROR, "out of memory");
        return fake.diagnose_error;
    }
    result = (struct connspan_diagnosis){!fake.untraceable, "6.1.0", findings, 3, libraries, 2};
    *diagnosis = &result;
    return 0;
}

void connspan_diagnosis_free(struct connspan_diagnosis *diagnosis)
{
    (void)diagnosis;
}
