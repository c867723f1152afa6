/* SPDX-License-Identifier: MIT */
/* Raw bpf(2) where libbpf 1.1 has no word for it. */
#include "user/probe/uprobe.h"

#include "user/base/cleanup.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

enum {
    MULTI_RETURN = 1, /* BPF_F_UPROBE_MULTI_RETURN */
    FD_PATH_BYTES = 32,
    DETACH_THREADS = 128,
};

/* union bpf_attr for BPF_LINK_CREATE as of Linux 6.6: Debian 12's headers and libbpf are older. */
struct multi_attr {
    uint32_t program_fd;
    uint32_t target_fd;
    uint32_t attach_type;
    uint32_t flags;
    uint64_t path;
    uint64_t offsets;
    uint64_t reference_offsets;
    uint64_t cookies;
    uint32_t count;
    uint32_t multi_flags;
    uint32_t pid;
    uint32_t pad;
};

static void name_fd(int fd, char path[FD_PATH_BYTES])
{
    snprintf(path, FD_PATH_BYTES, "/proc/self/fd/%d", fd);
}

int cs_uprobe_attach_multi(const struct cs_uprobe *uprobe)
{
    char path[FD_PATH_BYTES];
    struct multi_attr attr = {
        .program_fd = (uint32_t)uprobe->program_fd,
        .attach_type = CS_TRACE_UPROBE_MULTI,
        .path = (uintptr_t)path,
        .offsets = (uintptr_t)uprobe->offsets,
        .cookies = (uintptr_t)uprobe->cookies,
        .count = (uint32_t)uprobe->count,
        .multi_flags = uprobe->is_return ? MULTI_RETURN : 0,
    };
    int fd;

    name_fd(uprobe->file_fd, path);
    fd = (int)syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));
    return fd < 0 ? -errno : fd;
}

/* A number in a file of the uprobe event source: "8", or "config:0" for a bit. */
static int read_number(const char *name, const char *format, unsigned *number)
{
    char path[96];
    FILE *file;
    int read;

    snprintf(path, sizeof(path), "/sys/bus/event_source/devices/uprobe/%s", name);
    file = fopen(path, "re");
    if (!file)
        return -errno;
    read = fscanf(file, format, number);
    fclose(file);
    return read == 1 ? 0 : -EINVAL;
}

static int open_event(const struct cs_uprobe *uprobe, uint64_t offset)
{
    struct perf_event_attr attr = {.size = sizeof(attr), .config2 = offset};
    char path[FD_PATH_BYTES];
    unsigned type = 0, bit = 0;
    int fd, err = read_number("type", "%u", &type);

    if (!err)
        err = read_number("format/retprobe", "config:%u", &bit);
    if (err)
        return err;
    name_fd(uprobe->file_fd, path);
    attr.type = type;
    attr.config = uprobe->is_return ? 1ULL << bit % 64 : 0;
    attr.config1 = (uintptr_t)path;
    fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int cs_uprobe_attach_perf(const struct cs_uprobe *uprobe, size_t index)
{
    LIBBPF_OPTS(bpf_link_create_opts, options);
    cs_auto_fd int event = open_event(uprobe, uprobe->offsets[index]);

    if (event < 0)
        return event;
    if (uprobe->cookies) {
        options.perf_event.bpf_cookie = uprobe->cookies[index];
        return bpf_link_create(uprobe->program_fd, event, BPF_PERF_EVENT, &options);
    }
    if (ioctl(event, PERF_EVENT_IOC_SET_BPF, uprobe->program_fd) ||
        ioctl(event, PERF_EVENT_IOC_ENABLE, 0))
        return -errno;
    return cs_take_fd(&event);
}

static void *close_one(void *fd)
{
    close((int)(intptr_t)fd);
    return NULL;
}

/* One batch, a thread each; what gets no thread is closed here. */
static void close_batch(const int *fds, size_t count)
{
    pthread_t threads[DETACH_THREADS];
    bool is_started[DETACH_THREADS];

    for (size_t i = 0; i < count; i++) {
        void *fd = (void *)(intptr_t)fds[i];

        is_started[i] = !pthread_create(&threads[i], NULL, close_one, fd);
        if (!is_started[i])
            close_one(fd);
    }
    for (size_t i = 0; i < count; i++) {
        if (is_started[i])
            pthread_join(threads[i], NULL);
    }
}

void cs_uprobe_detach(const int *fds, size_t count)
{
    sigset_t all, before;

    sigfillset(&all); /* the threads inherit this: signals are for those of the program around us */
    pthread_sigmask(SIG_BLOCK, &all, &before);
    for (size_t at = 0; at < count; at += DETACH_THREADS)
        close_batch(fds + at, count - at < DETACH_THREADS ? count - at : DETACH_THREADS);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}
