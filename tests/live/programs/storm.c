/* SPDX-License-Identifier: MIT */
/*
 * storm [--processes 8] [--connections N] [--seconds S] [--hold]: as many connections as this
 * machine can make. Each process is both ends of its own, so nothing has to be scheduled between
 * connect() and accept(), and resets what it closes, so no port waits in TIME_WAIT. With --hold all
 * stay open until standard input ends. Prints how many were made.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net.h"

struct storm {
    unsigned processes;
    unsigned connections; /* in all; 0: as many as `seconds` allow */
    double seconds;
    int hold;
    int made_fd[2]; /* a pipe: each process says when its share is made */
    unsigned *made; /* shared, one per process */
};

/* Ports run out towards one address: each process has its own. */
static int listen_as(unsigned number, struct sockaddr_in *at)
{
    struct net_address address = net_parse("127.0.0.1:0");
    struct sockaddr_in *v4 = (struct sockaddr_in *)&address.storage;
    int fd;

    v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + number);
    fd = net_listen(&address, 0);
    *at = *v4;
    at->sin_port = htons(net_local_port(fd));
    return fd;
}

static void connect_to(int listener, const struct sockaddr_in *server, int ends[2])
{
    ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (ends[0] < 0 || connect(ends[0], (const struct sockaddr *)server, sizeof(*server)))
        net_die("connect");
    ends[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (ends[1] < 0)
        net_die("accept");
}

/* Nobody reads: the end of standard input is what is waited for. */
static void wait_for_end(void)
{
    char byte;

    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
}

_Noreturn static void work(const struct storm *storm, unsigned number)
{
    uint64_t end_ns = net_now_ns() + (uint64_t)(storm->seconds * 1e9);
    unsigned share =
        storm->connections / storm->processes + (number < storm->connections % storm->processes);
    struct sockaddr_in server;
    int listener = listen_as(number, &server);
    unsigned made = 0;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (storm->connections ? made < share : net_now_ns() < end_ns) {
        int ends[2];

        connect_to(listener, &server, ends);
        if (!storm->hold) {
            net_reset(ends[0]);
            close(ends[1]);
        }
        made++;
    }
    storm->made[number] = made;
    if (write(storm->made_fd[1], "", 1) != 1)
        net_die("write");
    if (storm->hold)
        wait_for_end();
    _exit(0);
}

/* Both ends of each connection that is held, and some more. */
static void raise_limit(const struct storm *storm)
{
    rlim_t needed = storm->hold ? 2 * (storm->connections / storm->processes) + 100 : 100;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit))
        net_die("getrlimit");
    if (limit.rlim_cur >= needed)
        return;
    limit.rlim_cur = needed;
    if (limit.rlim_max < needed)
        limit.rlim_max = needed;
    if (setrlimit(RLIMIT_NOFILE, &limit))
        net_die("setrlimit");
}

/* Returns how many connections were made; those that are held still are. */
static unsigned run(struct storm *storm)
{
    unsigned made = 0;

    for (unsigned i = 0; i < storm->processes; i++) {
        pid_t child = fork();

        if (child < 0)
            net_die("fork");
        if (!child)
            work(storm, i);
    }
    close(storm->made_fd[1]); /* a process that dies ends the pipe for its part */
    for (unsigned i = 0; i < storm->processes; i++) {
        char byte;

        if (read(storm->made_fd[0], &byte, 1) != 1)
            exit(1); /* it said why */
    }
    for (unsigned i = 0; i < storm->processes; i++)
        made += storm->made[i];
    return made;
}

static void parse(struct storm *storm, int argc, char **argv)
{
    const struct option options[] = {
        {"processes", required_argument, NULL, 'p'},
        {"connections", required_argument, NULL, 'n'},
        {"seconds", required_argument, NULL, 's'},
        {"hold", no_argument, &storm->hold, 1},
        {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
        if (option == 'p')
            storm->processes = (unsigned)atoi(optarg);
        else if (option == 'n')
            storm->connections = (unsigned)atoi(optarg);
        else if (option == 's')
            storm->seconds = atof(optarg);
        else if (option)
            exit(2);
    }
    if (!storm->processes || storm->processes > 200)
        exit(2);
}

int main(int argc, char **argv)
{
    struct storm storm = {.processes = 8, .seconds = 1};
    uint64_t start_ns = net_now_ns();
    unsigned made;
    double took_s;

    parse(&storm, argc, argv);
    raise_limit(&storm);
    storm.made = mmap(NULL, storm.processes * sizeof(*storm.made), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (storm.made == MAP_FAILED || pipe(storm.made_fd))
        net_die("set up");
    made = run(&storm);
    took_s = (double)(net_now_ns() - start_ns) / 1e9;
    net_print("{\"connections\":%u,\"seconds\":%.6f,\"perSecond\":%.1f}\n", made, took_s,
              made / took_s);
    while (wait(NULL) > 0)
        ;
    return 0;
}
