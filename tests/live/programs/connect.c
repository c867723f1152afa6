/* SPDX-License-Identifier: MIT */
/*
 * The steps that make a connection, in all the ways Linux knows. The clock is read right around the
 * call that counts and nowhere else.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "client.h"

/* Sockets are made when the first step needs one, in the family of the plan's address. */
static int open_socket(struct client *client, int family)
{
    if (client->fd < 0)
        client->fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->fd < 0)
        net_die("socket");
    return client->fd;
}

static int plan_family(const struct client *client)
{
    return client->plan->address.storage.ss_family;
}

bool connect_bind(struct client *client, const char *argument)
{
    struct net_address address = net_parse(argument);
    int fd = open_socket(client, plan_family(client));

    if (bind(fd, (const struct sockaddr *)&address.storage, address.size_bytes))
        net_die("bind");
    return true;
}

bool connect_nonblocking(struct client *client, const char *argument)
{
    (void)argument;
    fcntl(open_socket(client, plan_family(client)), F_SETFL, O_NONBLOCK);
    return true;
}

/* Holds small packets back for 200 ms, until a timer of the kernel's sends them. */
bool connect_cork(struct client *client, const char *argument)
{
    int one = 1;

    (void)argument;
    return !setsockopt(client->fd, IPPROTO_TCP, TCP_CORK, &one, sizeof(one));
}

bool connect_fastopen(struct client *client, const char *argument)
{
    int on = 1;

    (void)argument;
    if (setsockopt(open_socket(client, plan_family(client)), IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on,
                   sizeof(on)))
        net_die("TCP_FASTOPEN_CONNECT");
    return true;
}

static int pending_error(int fd)
{
    int error = 0;
    socklen_t size_bytes = sizeof(error);

    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size_bytes);
    return error;
}

/* The socket may serve a second attempt: what the first one measured is printed before. */
static int begin(struct client *client, const char *argument)
{
    struct net_address address = client->plan->address;
    int fd;

    if (argument)
        address = net_parse(argument);
    fd = open_socket(client, address.storage.ss_family);
    client_report(client);
    client->marks.connect_start = net_now_ns();
    if (connect(fd, (const struct sockaddr *)&address.storage, address.size_bytes))
        return errno;
    return 0;
}

bool connect_start(struct client *client, const char *argument)
{
    int error = begin(client, argument);

    client->marks.local_port = net_local_port(client->fd);
    return error == EINPROGRESS;
}

static bool end(struct client *client, int error)
{
    uint64_t now_ns = net_now_ns();

    if (error) {
        client->marks.failed = now_ns;
        client->marks.connect_error = error;
        return false;
    }
    client->marks.connected = now_ns;
    client->marks.local_port = net_local_port(client->fd);
    return true;
}

bool connect_now(struct client *client, const char *argument)
{
    int error = begin(client, argument);

    if (error == EINPROGRESS) {
        client->marks.local_port = net_local_port(client->fd);
        net_wait(client->fd, POLLOUT);
        error = pending_error(client->fd);
    }
    return end(client, error);
}

bool connect_end(struct client *client, const char *argument)
{
    (void)argument;
    net_wait(client->fd, POLLOUT);
    return end(client, pending_error(client->fd));
}

bool connect_try(struct client *client, const char *argument)
{
    connect_now(client, argument);
    return true;
}

bool connect_disconnect(struct client *client, const char *argument)
{
    struct sockaddr none = {.sa_family = AF_UNSPEC};

    (void)argument;
    if (connect(client->fd, &none, sizeof(none)))
        net_die("connect(AF_UNSPEC)");
    return true;
}

bool connect_fastopen_send(struct client *client, const char *argument)
{
    const struct net_address *address = &client->plan->address;
    int fd = open_socket(client, plan_family(client));
    ssize_t sent;

    client_report(client);
    client->marks.connect_start = net_now_ns();
    sent = sendto(fd, argument, strlen(argument), MSG_FASTOPEN | MSG_NOSIGNAL,
                  (const struct sockaddr *)&address->storage, address->size_bytes);
    return end(client, sent < 0 ? errno : 0);
}
