/* SPDX-License-Identifier: MIT */
/* Sockets and the clock for the test programs. */
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void net_die(const char *what)
{
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
    exit(1);
}

uint64_t net_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void net_sleep_ms(unsigned ms)
{
    struct timespec span = {ms / 1000, (long)(ms % 1000) * 1000000};

    while (nanosleep(&span, &span) && errno == EINTR)
        ;
}

struct net_address net_parse(const char *text)
{
    struct net_address address = {0};
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address.storage;
    struct sockaddr_in *v4 = (struct sockaddr_in *)&address.storage;
    const char *colon = strrchr(text, ':');
    bool bracketed = text[0] == '[' && colon && colon[-1] == ']';
    char host[INET6_ADDRSTRLEN] = "";

    errno = EINVAL;
    if (!colon || (size_t)(colon - text) >= sizeof(host))
        net_die(text);
    memcpy(host, text + bracketed, (size_t)(colon - text) - 2u * bracketed);
    if (bracketed && inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)atoi(colon + 1));
        address.size_bytes = sizeof(*v6);
    } else if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)atoi(colon + 1));
        address.size_bytes = sizeof(*v4);
    } else {
        net_die(text);
    }
    return address;
}

int net_listen(const struct net_address *address, int protocol)
{
    int family = address->storage.ss_family;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, protocol);
    int on = 1;
    int off = 0;

    if (fd < 0)
        net_die("socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    if (bind(fd, (const struct sockaddr *)&address->storage, address->size_bytes))
        net_die("bind");
    if (listen(fd, SOMAXCONN))
        net_die("listen");
    return fd;
}

uint16_t net_local_port(int fd)
{
    struct sockaddr_storage storage = {0};
    socklen_t size_bytes = sizeof(storage);

    if (getsockname(fd, (struct sockaddr *)&storage, &size_bytes))
        return 0;
    if (storage.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&storage)->sin6_port);
    return ntohs(((struct sockaddr_in *)&storage)->sin_port);
}

void net_reset(int fd)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(fd);
}

bool net_send_all(int fd, const void *data, size_t length)
{
    const char *at = data;

    while (length) {
        ssize_t sent = send(fd, at, length, MSG_NOSIGNAL);

        if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
            net_wait(fd, POLLOUT);
            continue;
        }
        if (sent <= 0)
            return false;
        at += sent;
        length -= (size_t)sent;
    }
    return true;
}

void net_wait(int fd, short events)
{
    struct pollfd one = {.fd = fd, .events = events};

    while (poll(&one, 1, -1) < 0 && errno == EINTR)
        ;
}

void net_print(const char *format, ...)
{
    char line[1024];
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (length < 0 || (size_t)length >= sizeof(line) ||
        write(STDOUT_FILENO, line, (size_t)length) != length)
        net_die("standard output");
}
