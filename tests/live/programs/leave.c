/* SPDX-License-Identifier: MIT */
/*
 * leave COUNT: so many calls of getaddrinfo() that a signal leaves for good by siglongjmp(), as
 * curl without threads does when its time is up; each from deeper in the stack than the one before,
 * so that the kernel cannot tell that it will never return. Then one that returns. Needs root: the
 * name server, whose answer is the signal, lives in a network and a mount namespace of its own.
 */
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net.h"

static sigjmp_buf away;

static void leave(int number)
{
    (void)number;
    siglongjmp(away, 1);
}

static void loopback_up(void)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request))
        net_die("lo");
    close(fd);
}

/* Whoever asks is waiting for an answer: not inside anything that must be left in order. */
static void name_server(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(53)};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    pid_t client = getpid();
    char query[512];

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)))
        net_die("bind");
    switch (fork()) {
    case -1:
        net_die("fork");
    case 0:
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        while (getppid() == client && recv(fd, query, sizeof(query), 0) > 0)
            kill(client, SIGALRM);
        _exit(0);
    }
}

static void file_over(const char *path, const char *text)
{
    char name[] = "/tmp/leave-XXXXXX";
    int fd = mkstemp(name);

    if (fd < 0 || write(fd, text, strlen(text)) < 0 || fchmod(fd, 0644) ||
        mount(name, path, NULL, MS_BIND, NULL) || unlink(name))
        net_die(path);
    close(fd);
}

static int look_up(const char *name)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found;
    int error = getaddrinfo(name, NULL, &hints, &found);

    if (!error)
        freeaddrinfo(found);
    return error;
}

static void deeper(unsigned left)
{
    volatile char room[4096];

    room[0] = (char)left;
    if (!sigsetjmp(away, 1)) {
        look_up("silent.example");
        net_die("the name server answered");
    }
    if (left > 1)
        deeper(left - 1);
    room[1] = room[0];
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = leave};

    if (argc != 2)
        return 2;
    if (unshare(CLONE_NEWNET | CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
        net_die("unshare");
    sigaction(SIGALRM, &action, NULL);
    loopback_up();
    name_server();
    file_over("/etc/resolv.conf", "nameserver 127.0.0.1\n");
    file_over("/etc/nsswitch.conf", "hosts: files dns\n");
    file_over("/etc/hosts", "127.0.0.9 known.example\n");
    deeper((unsigned)atoi(argv[1]));
    if (look_up("known.example"))
        net_die("known.example");
    net_print("{\"left\":%s}\n", argv[1]);
    return 0;
}
