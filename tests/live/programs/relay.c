/* SPDX-License-Identifier: MIT */
/*
 * relay SIZES ADDRESS:PORT: carries connections to a server and cuts what they say anew, in both
 * directions: "1" byte by byte, "5,1,300" by turns, "0" everything of a few milliseconds in one
 * write. Each write is a segment of its own as far as TCP allows. Prints its port, then one line
 * per connection with its own clock around the first write to the server and after the last.
 */
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net.h"

enum { SIZES_MAX = 16, GATHER_MS = 3, TURN_BYTES = 65536 };

static struct net_address server;
static unsigned sizes[SIZES_MAX];
static unsigned size_count;

struct way { /* one direction of one connection */
    int from, to;
    uint64_t first_before, first_after, last;
};

struct pair {
    struct way out, back;
};

static ssize_t receive(int fd, char *data)
{
    ssize_t length = recv(fd, data, TURN_BYTES, 0);
    ssize_t more;

    if (length <= 0 || sizes[0])
        return length;
    net_sleep_ms(GATHER_MS);
    more = recv(fd, data + length, TURN_BYTES - (size_t)length, MSG_DONTWAIT);
    return length + (more > 0 ? more : 0);
}

static bool write_one(struct way *way, const char *data, size_t length)
{
    uint64_t before = net_now_ns();

    if (!net_send_all(way->to, data, length))
        return false;
    way->last = net_now_ns();
    if (!way->first_before) {
        way->first_before = before;
        way->first_after = way->last;
    }
    return true;
}

static bool write_cut(struct way *way, const char *data, size_t length, unsigned *turn)
{
    while (length) {
        size_t size = sizes[(*turn)++ % size_count];

        if (!size || size > length)
            size = length;
        if (!write_one(way, data, size))
            return false;
        data += size;
        length -= size;
    }
    return true;
}

static void *carry(void *argument)
{
    struct way *way = argument;
    char *data = malloc(TURN_BYTES);
    unsigned turn = 0;
    ssize_t length;

    if (!data)
        net_die("memory");
    while ((length = receive(way->from, data)) > 0 && write_cut(way, data, (size_t)length, &turn))
        ;
    shutdown(way->to, SHUT_WR);
    free(data);
    return NULL;
}

static int connect_server(void)
{
    int fd = socket(server.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;

    if (fd < 0 || connect(fd, (const struct sockaddr *)&server.storage, server.size_bytes))
        net_die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

static void *serve(void *argument)
{
    int client = (int)(intptr_t)argument;
    struct sockaddr_in peer = {0};
    socklen_t size_bytes = sizeof(peer);
    int upstream = connect_server();
    struct pair pair = {.out = {.from = client, .to = upstream},
                        .back = {.from = upstream, .to = client}};
    pthread_t id;

    getpeername(client, (struct sockaddr *)&peer, &size_bytes);
    if (pthread_create(&id, NULL, carry, &pair.back))
        net_die("thread");
    carry(&pair.out);
    pthread_join(id, NULL);
    net_print("{\"pid\":%d,\"peerPort\":%u,\"localPort\":%u,\"start\":[%" PRIu64 ",%" PRIu64
              "],\"last\":%" PRIu64 "}\n",
              getpid(), ntohs(peer.sin_port), net_local_port(upstream), pair.out.first_before,
              pair.out.first_after, pair.out.last);
    close(client);
    close(upstream);
    return NULL;
}

int main(int argc, char **argv)
{
    struct net_address here = net_parse("127.0.0.1:0");
    int fd, on = 1;

    if (argc != 3)
        return 2;
    for (char *at = strtok(argv[1], ","); at && size_count < SIZES_MAX; at = strtok(NULL, ","))
        sizes[size_count++] = (unsigned)atoi(at);
    server = net_parse(argv[2]);
    signal(SIGPIPE, SIG_IGN);
    fd = net_listen(&here, 0);
    net_print("{\"port\":%u}\n", net_local_port(fd));
    for (;;) {
        int client = accept(fd, NULL, NULL);
        pthread_t id;

        if (client < 0)
            continue;
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        if (pthread_create(&id, NULL, serve, (void *)(intptr_t)client) || pthread_detach(id))
            net_die("thread");
    }
}
