/* SPDX-License-Identifier: MIT */
/*
 * uring [--async] ADDRESS:PORT: one connection by IORING_OP_CONNECT, no connect(2) at all. --async
 * has the kernel's worker thread do it. Raw system calls: three do not need a library.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "net.h"

struct ring {
    int fd;
    struct io_uring_params params;
    char *submissions; /* the mapped ring heads and indices */
    char *completions;
    struct io_uring_sqe *entries;
};

static void *map(int fd, size_t size_bytes, off_t offset)
{
    void *at = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);

    if (at == MAP_FAILED)
        net_die("mmap of the ring");
    return at;
}

static void ring_open(struct ring *ring)
{
    struct io_uring_params *params = &ring->params;

    ring->fd = (int)syscall(SYS_io_uring_setup, 1, params);
    if (ring->fd < 0) {
        fprintf(stderr, "uring: io_uring_setup: %s\n", strerror(errno));
        _exit(77); /* disabled on this host: the test skips */
    }
    ring->submissions = map(ring->fd, params->sq_off.array + params->sq_entries * sizeof(__u32),
                            IORING_OFF_SQ_RING);
    ring->completions =
        map(ring->fd, params->cq_off.cqes + params->cq_entries * sizeof(struct io_uring_cqe),
            IORING_OFF_CQ_RING);
    ring->entries =
        map(ring->fd, params->sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
}

/* Submits one connect and waits for it. Returns 0 or an errno. */
static int ring_connect(struct ring *ring, int fd, const struct net_address *address, bool async)
{
    _Atomic __u32 *tail = (_Atomic __u32 *)(ring->submissions + ring->params.sq_off.tail);
    struct io_uring_cqe *done = (void *)(ring->completions + ring->params.cq_off.cqes);
    __u32 *array = (__u32 *)(ring->submissions + ring->params.sq_off.array);

    ring->entries[0] = (struct io_uring_sqe){
        .opcode = IORING_OP_CONNECT,
        .flags = async ? IOSQE_ASYNC : 0,
        .fd = fd,
        .addr = (__u64)(uintptr_t)&address->storage,
        .off = address->size_bytes,
    };
    array[0] = 0;
    atomic_fetch_add_explicit(tail, 1, memory_order_release);
    if (syscall(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
        net_die("io_uring_enter");
    return -done[0].res;
}

int main(int argc, char **argv)
{
    bool async = argc > 2 && !strcmp(argv[1], "--async");
    struct net_address address = net_parse(argc > 1 ? argv[argc - 1] : "");
    int fd = socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct ring ring = {0};
    uint64_t start_ns;
    char byte = 'x';
    int error;

    ring_open(&ring);
    start_ns = net_now_ns();
    error = ring_connect(&ring, fd, &address, async);
    net_print("{\"pid\":%d,\"localPort\":%u,\"connectStart\":%" PRIu64 ",\"connected\":%" PRIu64
              ",\"connectError\":%d}\n",
              getpid(), net_local_port(fd), start_ns, net_now_ns(), error);
    if (!error && (!net_send_all(fd, &byte, 1) || recv(fd, &byte, 1, 0) != 1))
        net_die("exchange");
    return 0;
}
