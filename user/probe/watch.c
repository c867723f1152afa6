/* SPDX-License-Identifier: MIT */
/* The rings of all CPUs, read as one stream in the order of time. */
#include "user/probe/watch.h"

#include "user/probe/ring_reader.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

enum {
    RINGS_BYTES = 1 << 20,     /* of all CPUs together, as far as the limits of one allow */
    RING_MIN_BYTES = 32 << 10, /* a shell script's exec writes 5 KB */
    RING_MAX_BYTES = 256 << 10,
    RECORD_MAX_BYTES = 1 << 16, /* perf_event_header.size has 16 bits */
};

struct ring {
    struct cs_ring_reader reader;
    int fd;
    size_t next_bytes; /* of the record at its front; 0 = drained */
    uint64_t next_ns;
};

struct cs_watch {
    cs_watch_fn fn;
    void *context;
    int epoll_fd;
    uint64_t lost;
    size_t ring_count;
    size_t page_bytes;
    uint64_t record[RECORD_MAX_BYTES / sizeof(uint64_t)];
    struct ring rings[];
};

static size_t ring_bytes(int cpus)
{
    size_t bytes = RING_MAX_BYTES;

    while (bytes > RING_MIN_BYTES && bytes * (size_t)cpus > RINGS_BYTES)
        bytes /= 2;
    return bytes;
}

/* 0; -ENODEV: no such CPU online. */
static int open_ring(struct cs_watch *watch, int cpu, size_t bytes)
{
    struct perf_event_attr attr = cs_task_event_attr((uint32_t)bytes / 2);
    struct epoll_event readable = {.events = EPOLLIN};
    struct ring *ring = &watch->rings[watch->ring_count];
    void *pages;
    int err;

    ring->fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
    if (ring->fd < 0)
        return -errno;
    pages = mmap(NULL, watch->page_bytes + bytes, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, 0);
    if (pages == MAP_FAILED || epoll_ctl(watch->epoll_fd, EPOLL_CTL_ADD, ring->fd, &readable)) {
        err = -errno;
        if (pages != MAP_FAILED)
            munmap(pages, watch->page_bytes + bytes);
        close(ring->fd);
        return err;
    }
    ring->reader = (struct cs_ring_reader){
        .page = pages, .data = (uint8_t *)pages + watch->page_bytes, .bytes = bytes};
    watch->ring_count++;
    return 0;
}

int cs_watch_open(cs_watch_fn fn, void *context, const struct cs_log *log, struct cs_watch **watch)
{
    int cpus = get_nprocs_conf(), err = -ENODEV;
    struct cs_watch *made = calloc(1, sizeof(*made) + (size_t)cpus * sizeof(made->rings[0]));

    if (!made)
        return cs_fail(log, -ENOMEM, "no memory to watch for libraries");
    made->fn = fn;
    made->context = context;
    made->page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    made->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (made->epoll_fd < 0)
        err = -errno;
    for (int cpu = 0; made->epoll_fd >= 0 && cpu < cpus; cpu++) {
        err = open_ring(made, cpu, ring_bytes(cpus));
        if (err && err != -ENODEV)
            break;
        err = made->ring_count ? 0 : err;
    }
    if (err) {
        cs_watch_close(made);
        return cs_fail(log, err, "cannot watch for libraries with perf_event_open: %s",
                       strerror(-err));
    }
    *watch = made;
    return 0;
}

int cs_watch_fd(const struct cs_watch *watch)
{
    return watch->epoll_fd;
}

static void look_at_front(struct cs_watch *watch, struct ring *ring)
{
    uint64_t time_ns;

    ring->next_bytes = cs_ring_reader_next(&ring->reader, &watch->lost);
    if (ring->next_bytes < sizeof(time_ns))
        return;
    /* The time is the last word of every record. */
    cs_ring_reader_copy(&ring->reader, ring->next_bytes - sizeof(time_ns), &time_ns,
                        sizeof(time_ns));
    ring->next_ns = time_ns;
}

static struct ring *oldest(struct cs_watch *watch)
{
    struct ring *found = NULL;

    for (size_t i = 0; i < watch->ring_count; i++) {
        struct ring *ring = &watch->rings[i];

        if (ring->next_bytes && (!found || ring->next_ns < found->next_ns))
            found = ring;
    }
    return found;
}

static void hand_over(struct cs_watch *watch, struct ring *ring)
{
    struct cs_task_event event;

    cs_ring_reader_copy(&ring->reader, 0, watch->record, ring->next_bytes);
    if (cs_task_event_parse(watch->record, ring->next_bytes, &event))
        return;
    if (event.kind == CS_TASK_LOST)
        watch->lost += event.lost;
    else
        watch->fn(watch->context, &event);
}

/* A fork on one CPU comes before the exec of the child on another: the order counts. */
size_t cs_watch_drain(struct cs_watch *watch)
{
    struct ring *ring;
    size_t count = 0;

    for (size_t i = 0; i < watch->ring_count; i++) {
        cs_ring_reader_look(&watch->rings[i].reader);
        look_at_front(watch, &watch->rings[i]);
    }
    for (; (ring = oldest(watch)); count++) {
        hand_over(watch, ring);
        cs_ring_reader_skip(&ring->reader, ring->next_bytes);
        look_at_front(watch, ring);
    }
    for (size_t i = 0; i < watch->ring_count; i++)
        cs_ring_reader_release(&watch->rings[i].reader);
    return count;
}

uint64_t cs_watch_lost(const struct cs_watch *watch)
{
    return watch->lost;
}

void cs_watch_close(struct cs_watch *watch)
{
    if (!watch)
        return;
    for (size_t i = 0; i < watch->ring_count; i++) {
        munmap(watch->rings[i].reader.page, watch->page_bytes + watch->rings[i].reader.bytes);
        close(watch->rings[i].fd);
    }
    if (watch->epoll_fd >= 0)
        close(watch->epoll_fd);
    free(watch);
}
