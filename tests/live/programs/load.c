/* SPDX-License-Identifier: MIT */
/*
 * load [--clients 8] [--connections N] [--seconds S] [--cert FILE --key FILE [--resume]]: client
 * processes that connect to a server of its own as fast as they can, one byte each way, then close.
 * Prints how many connections were made, and how many of them resumed a session. Each client has
 * its own destination address, because the ports towards one address run out within the two minutes
 * of TIME_WAIT.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "net.h"
#include "serve.h"

struct made {
    unsigned connections;
    unsigned resumed;
};

struct load {
    unsigned clients;
    unsigned connections; /* in all; 0: as many as `seconds` allow */
    double seconds;
    const char *certificate;
    const char *key;
    bool resume;
    uint16_t port;
    SSL_CTX *ctx;
    struct made *made; /* shared, one per client */
};

static const struct option options[] = {
    {"clients", required_argument, NULL, 'c'},
    {"connections", required_argument, NULL, 'n'},
    {"seconds", required_argument, NULL, 's'},
    {"cert", required_argument, NULL, 'C'},
    {"key", required_argument, NULL, 'k'},
    {"resume", no_argument, NULL, 'r'},
    {NULL, 0, NULL, 0},
};

static bool exchange(int fd, SSL *ssl)
{
    char byte = 'x';

    if (!ssl)
        return send(fd, &byte, 1, MSG_NOSIGNAL) == 1 && recv(fd, &byte, 1, 0) == 1;
    SSL_set_fd(ssl, fd);
    return SSL_connect(ssl) == 1 && SSL_write(ssl, &byte, 1) == 1 && SSL_read(ssl, &byte, 1) == 1;
}

/* Returns whether the session, that of the connection before, was resumed; replaces it. */
static bool connect_once(const struct load *load, const struct sockaddr_in *server,
                         SSL_SESSION **session)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    SSL *ssl = load->ctx ? SSL_new(load->ctx) : NULL;
    bool resumed = false;

    if (connect(fd, (const struct sockaddr *)server, sizeof(*server)))
        net_die("connect");
    if (*session)
        SSL_set_session(ssl, *session);
    if (!exchange(fd, ssl))
        net_die("exchange");
    if (ssl && load->resume) {
        resumed = SSL_session_reused(ssl);
        SSL_SESSION_free(*session);
        *session = SSL_get1_session(ssl); /* its ticket came before the answer */
        SSL_set_shutdown(ssl,
                         SSL_SENT_SHUTDOWN); /* else it counts as broken off, and its session */
    }
    if (ssl)
        SSL_free(ssl); /* of NULL, too, it would be a run of a program */
    close(fd);
    return resumed;
}

_Noreturn static void client(const struct load *load, unsigned number)
{
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(load->port)};
    uint64_t end_ns = net_now_ns() + (uint64_t)(load->seconds * 1e9);
    unsigned share =
        load->connections / load->clients + (number < load->connections % load->clients);
    SSL_SESSION *session = NULL;
    struct made made = {0};

    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK + number);
    while (load->connections ? made.connections < share : net_now_ns() < end_ns) {
        made.resumed += connect_once(load, &server, &session);
        made.connections++;
    }
    load->made[number] = made;
    _exit(0);
}

static pid_t start_server(struct load *load)
{
    struct net_address address = net_parse("0.0.0.0:0");
    struct serve serve = {.fd = net_listen(&address, 0), .threads = load->clients};
    pid_t child;

    load->port = net_local_port(serve.fd);
    if (load->certificate)
        serve.ctx = serve_context(load->certificate, load->key);
    child = fork();
    if (child < 0)
        net_die("fork");
    if (!child) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve_run(&serve);
    }
    close(serve.fd);
    return child;
}

/* Returns how many connections were made. */
static struct made run_clients(const struct load *load)
{
    pid_t *children = calloc(load->clients, sizeof(*children));
    struct made made = {0};

    if (!children)
        net_die("memory");
    for (unsigned i = 0; i < load->clients; i++) {
        children[i] = fork();
        if (!children[i])
            client(load, i);
    }
    for (unsigned i = 0; i < load->clients; i++) {
        int status;

        if (waitpid(children[i], &status, 0) < 0 || status)
            exit(1); /* it said why */
        made.connections += load->made[i].connections;
        made.resumed += load->made[i].resumed;
    }
    free(children);
    return made;
}

static bool set_option(struct load *load, int option, const char *value)
{
    switch (option) {
    case 'c':
        load->clients = (unsigned)atoi(value);
        return load->clients > 0 && load->clients < 256;
    case 'n':
        load->connections = (unsigned)atoi(value);
        return true;
    case 's':
        load->seconds = atof(value);
        return true;
    case 'C':
        load->certificate = value;
        return true;
    case 'k':
        load->key = value;
        return true;
    case 'r':
        load->resume = true;
        return true;
    default:
        return false;
    }
}

int main(int argc, char **argv)
{
    struct load load = {.clients = 8, .seconds = 1};
    uint64_t start_ns;
    struct made made;
    double took_s;
    pid_t server;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0)
        if (!set_option(&load, option, optarg))
            return 2;
    load.made = mmap(NULL, load.clients * sizeof(*load.made), PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (load.made == MAP_FAILED)
        net_die("mmap");
    server = start_server(&load);
    load.ctx = load.certificate ? SSL_CTX_new(TLS_client_method()) : NULL;
    start_ns = net_now_ns();
    made = run_clients(&load);
    took_s = (double)(net_now_ns() - start_ns) / 1e9;
    net_print("{\"connections\":%u,\"resumed\":%u,\"seconds\":%.6f,\"perSecond\":%.1f}\n",
              made.connections, made.resumed, took_s, made.connections / took_s);
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
    return 0;
}
