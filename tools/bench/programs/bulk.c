/* SPDX-License-Identifier: MIT */
/*
 * bulk [--seconds S]: one connection of loopback, as many bytes through it as go. Prints how many
 * MiB; the other end, a process of its own, reads and forgets.
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net.h"

enum { WRITE_BYTES = 128 << 10 };

static char buffer[WRITE_BYTES];

_Noreturn static void read_all(int listener)
{
    int fd = accept(listener, NULL, NULL);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (recv(fd, buffer, sizeof(buffer), 0) > 0)
        ;
    _exit(0);
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&server, sizeof(server)))
        net_die("connect");
    return fd;
}

int main(int argc, char **argv)
{
    const struct option options[] = {{"seconds", required_argument, NULL, 's'}, {0}};
    struct net_address address = net_parse("127.0.0.1:0");
    int listener = net_listen(&address, 0);
    double seconds = 1;
    uint64_t start_ns;
    uint64_t now_ns;
    uint64_t bytes = 0;
    pid_t reader;
    int fd;

    while (getopt_long(argc, argv, "", options, NULL) == 's')
        seconds = atof(optarg);
    reader = fork();
    if (reader < 0)
        net_die("fork");
    if (!reader)
        read_all(listener);
    fd = connect_to(net_local_port(listener));
    start_ns = now_ns = net_now_ns();
    while ((double)(now_ns - start_ns) < seconds * 1e9) {
        if (!net_send_all(fd, buffer, sizeof(buffer)))
            net_die("send");
        bytes += sizeof(buffer);
        now_ns = net_now_ns();
    }
    close(fd);
    waitpid(reader, NULL, 0);
    net_print("{\"mib\":%.1f,\"seconds\":%.6f}\n", (double)bytes / (1 << 20),
              (double)(now_ns - start_ns) / 1e9);
    return 0;
}
