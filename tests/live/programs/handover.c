/* SPDX-License-Identifier: MIT */
/* Steps that give the socket to another process, which goes on with the plan. */
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"

/* The parent keeps nothing and waits for the child; only the child prints what was measured. */
static bool wait_for(struct client *client, pid_t child)
{
    int status;

    close(client->fd);
    client->fd = -1;
    client->marks = (struct marks){0};
    waitpid(child, &status, 0);
    return false;
}

bool handover_fork(struct client *client, const char *argument)
{
    pid_t child = fork();

    (void)argument;
    if (child < 0)
        net_die("fork");
    client->forked = !child;
    return child ? wait_for(client, child) : true;
}

static void send_fd(int channel, int fd)
{
    char control[CMSG_SPACE(sizeof(fd))] = {0};
    struct iovec one = {.iov_base = "f", .iov_len = 1};
    struct msghdr message = {.msg_iov = &one,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(fd));
    memcpy(CMSG_DATA(header), &fd, sizeof(fd));
    if (sendmsg(channel, &message, 0) != 1)
        net_die("SCM_RIGHTS");
}

static int receive_fd(int channel)
{
    char control[CMSG_SPACE(sizeof(int))];
    char byte;
    struct iovec one = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &one,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};
    int fd;

    if (recvmsg(channel, &message, 0) != 1 || !CMSG_FIRSTHDR(&message))
        net_die("SCM_RIGHTS");
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
    return fd;
}

/* The child forgets the inherited descriptor first, so that only the passed one is left. */
bool handover_pass(struct client *client, const char *argument)
{
    int channel[2];
    pid_t child;

    (void)argument;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, channel))
        net_die("socketpair");
    child = fork();
    if (child < 0)
        net_die("fork");
    if (!child) {
        client->forked = true;
        close(client->fd);
        client->fd = receive_fd(channel[1]);
        return true;
    }
    send_fd(channel[0], client->fd);
    close(channel[0]);
    close(channel[1]);
    return wait_for(client, child);
}
