/* SPDX-License-Identifier: MIT */
/*
 * crowd [options] ADDRESS:PORT: makes TLS connections, many at once on each of a few threads, every
 * one with a server name of its own, and closes each when its handshake is done. Prints what it
 * measured when all are over, one JSON line each.
 */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "crowd.h"

enum { THREADS_MAX = 64, READY_MAX = 64 };

struct worker {
    struct crowd *crowd;
    int epoll;
    unsigned in_flight;
};

static const struct option options[] = {
    {"connections", required_argument, NULL, 'n'},
    {"threads", required_argument, NULL, 't'},
    {"in-flight", required_argument, NULL, 'f'},
    {"first", required_argument, NULL, '1'}, /* the number of the first name */
    {"abandon", required_argument, NULL, 'a'},
    {"tls", required_argument, NULL, 'v'},
    {"dawdle", required_argument, NULL, 'd'}, /* milliseconds, inside the first call */
    {"hello", required_argument, NULL, 'h'},  /* at least so many bytes of ClientHello */
    {"memory", no_argument, NULL, 'm'},
    {"late", no_argument, NULL, 'l'},
    {"exchange", no_argument, NULL, 'x'},
    {"clear-ssl", no_argument, NULL, 'C'},
    {NULL, 0, NULL, 0},
};

static void watch(const struct worker *worker, struct guest *guest, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = guest};

    if (epoll_ctl(worker->epoll, operation, guest->fd, &event))
        net_die("epoll_ctl");
}

/* The next connection of the crowd, if one is left. */
static void begin(struct worker *worker, SSL *ssl)
{
    struct crowd *crowd = worker->crowd;
    unsigned turn = atomic_fetch_add(&crowd->next, 1);

    if (turn >= crowd->connections) {
        SSL_free(ssl);
        return;
    }
    guest_connect(crowd, &crowd->all[turn], ssl);
    watch(worker, &crowd->all[turn], EPOLL_CTL_ADD, EPOLLOUT);
    worker->in_flight++;
}

/* The SSL object goes first: the next one is made while the socket of this one closes. */
static void finish(struct worker *worker, struct guest *guest)
{
    SSL *ssl = guest->ssl;
    int fd = guest->fd;

    worker->in_flight--;
    if (!worker->crowd->clear) {
        SSL_free(ssl);
        close(fd);
        begin(worker, NULL);
        return;
    }
    begin(worker, ssl);
    close(fd);
}

static void serve(struct worker *worker, struct guest *guest)
{
    enum guest_wish wish = guest_step(worker->crowd, guest);

    if (wish == GUEST_OVER && !guest->flush)
        finish(worker, guest);
    else if (wish != GUEST_OVER)
        watch(worker, guest, EPOLL_CTL_MOD, wish == GUEST_READ ? EPOLLIN : EPOLLOUT);
}

static void flush_late(struct worker *worker, struct guest *guest)
{
    if (!guest->flush)
        return;
    guest_flush(guest);
    if (guest->done || guest->abandoned)
        finish(worker, guest);
}

static void *work(void *argument)
{
    struct worker worker = {.crowd = argument, .epoll = epoll_create1(EPOLL_CLOEXEC)};
    struct epoll_event ready[READY_MAX];

    for (unsigned i = 0; i < worker.crowd->in_flight; i++)
        begin(&worker, NULL);
    while (worker.in_flight) {
        int count = epoll_wait(worker.epoll, ready, READY_MAX, -1);

        if (count < 0 && errno != EINTR)
            net_die("epoll_wait");
        for (int i = 0; i < count; i++)
            serve(&worker, ready[i].data.ptr);
        for (int i = 0; i < count && worker.crowd->late; i++)
            flush_late(&worker, ready[i].data.ptr);
    }
    close(worker.epoll);
    return NULL;
}

static void run(struct crowd *crowd, unsigned threads)
{
    pthread_t ids[THREADS_MAX];

    for (unsigned i = 0; i < threads; i++)
        if (pthread_create(&ids[i], NULL, work, crowd))
            net_die("thread");
    for (unsigned i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
}

static unsigned dawdle_ms;

static void dawdle(const SSL *ssl, int where, int result)
{
    (void)ssl, (void)result;
    if (where & SSL_CB_HANDSHAKE_START)
        net_sleep_ms(dawdle_ms);
}

/* As large as with post-quantum keys: names of ALPN (RFC 7301) that no server knows. */
static bool pad_hello(SSL_CTX *ctx, unsigned bytes)
{
    unsigned char names[4096];
    unsigned length = 0;

    while (length < bytes && length + 201 < sizeof(names)) {
        names[length] = 200;
        memset(names + length + 1, 'a', 200);
        length += 201;
    }
    return !SSL_CTX_set_alpn_protos(ctx, names, length);
}

static bool set_flag(struct crowd *crowd, int option, const char *value)
{
    switch (option) {
    case 'v':
        return SSL_CTX_set_max_proto_version(crowd->ctx,
                                             value[2] == '3' ? TLS1_3_VERSION : TLS1_2_VERSION);
    case 'd':
        dawdle_ms = (unsigned)atoi(value);
        SSL_CTX_set_info_callback(crowd->ctx, dawdle);
        return true;
    case 'h':
        return pad_hello(crowd->ctx, (unsigned)atoi(value));
    case 'm':
        return crowd->memory = true;
    case 'l':
        return crowd->late = true;
    case 'x':
        return crowd->exchange = true;
    case 'C':
        return crowd->clear = true;
    default:
        return false;
    }
}

int main(int argc, char **argv)
{
    struct crowd crowd = {.connections = 1, .in_flight = 1};
    unsigned *numbers[256] = {['n'] = &crowd.connections, ['f'] = &crowd.in_flight};
    unsigned threads = 1, first = 1;
    int option;

    numbers['t'] = &threads;
    numbers['1'] = &first;
    numbers['a'] = &crowd.abandon;
    crowd.ctx = SSL_CTX_new(TLS_client_method());
    while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
        if (option < 256 && numbers[option])
            *numbers[option] = (unsigned)atoi(optarg);
        else if (!set_flag(&crowd, option, optarg))
            return 2;
    }
    crowd.all = calloc(crowd.connections, sizeof(*crowd.all));
    if (optind + 1 != argc || threads > THREADS_MAX || !crowd.all)
        return 2;
    crowd.address = net_parse(argv[optind]);
    for (unsigned i = 0; i < crowd.connections; i++)
        crowd.all[i].number = first + i;
    signal(SIGPIPE, SIG_IGN);
    run(&crowd, threads);
    for (unsigned i = 0; i < crowd.connections; i++)
        guest_print(&crowd.all[i]);
    free(crowd.all);
    SSL_CTX_free(crowd.ctx);
    return 0;
}
