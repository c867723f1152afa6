/* SPDX-License-Identifier: MIT */
/*
 * plain [--mptcp] ADDRESS:PORT: one connection, one byte each way, with the C library alone. Built
 * a second time for 32 bits, whose programs come in through other system calls.
 */
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

int main(int argc, char **argv)
{
    bool mptcp = argc > 2 && !strcmp(argv[1], "--mptcp");
    struct net_address address = net_parse(argc > 1 ? argv[argc - 1] : "");
    int fd = socket(address.storage.ss_family, SOCK_STREAM, mptcp ? IPPROTO_MPTCP : 0);
    uint64_t start_ns;
    uint64_t end_ns;
    char byte = 'x';

    if (fd < 0) {
        fprintf(stderr, "plain: socket: %s\n", strerror(errno));
        return 77; /* no MPTCP on this host: the test skips */
    }
    start_ns = net_now_ns();
    if (connect(fd, (struct sockaddr *)&address.storage, address.size_bytes))
        net_die("connect");
    end_ns = net_now_ns();
    net_print("{\"pid\":%d,\"localPort\":%u,\"connectStart\":%" PRIu64 ",\"connected\":%" PRIu64
              ",\"connectError\":0}\n",
              getpid(), net_local_port(fd), start_ns, end_ns);
    if (!net_send_all(fd, &byte, 1) || recv(fd, &byte, 1, 0) != 1)
        net_die("exchange");
    return 0;
}
