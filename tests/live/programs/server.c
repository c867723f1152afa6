/* SPDX-License-Identifier: MIT */
/*
 * server [options] [ADDRESS:PORT]: prints {"port":...,"listener":PID,"worker":PID} when it listens,
 * then echoes until it is killed. Port 0 lets the kernel choose.
 */
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net.h"
#include "serve.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

struct settings {
    struct serve serve;
    const char *certificate;
    const char *key;
    const char *client_ca;
    const char *groups;
    const char *alpn; /* the one protocol it speaks */
    int version_min;
    int version_max;
    int protocol;
    bool fast_open;
    bool defer_accept; /* the client's first bytes complete the TCP handshake */
    bool fork;
};

static const struct option options[] = {
    {"cert", required_argument, NULL, 'c'},
    {"key", required_argument, NULL, 'k'},
    {"client-ca", required_argument, NULL, 'C'},
    {"groups", required_argument, NULL, 'g'},
    {"alpn", required_argument, NULL, 'A'},
    {"min", required_argument, NULL, 'm'},
    {"max", required_argument, NULL, 'M'},
    {"early-data", required_argument, NULL, 'e'},
    {"greeting", required_argument, NULL, 'G'},
    {"fault", required_argument, NULL, 'f'},
    {"delay-accept", required_argument, NULL, 'a'},
    {"delay-hello", required_argument, NULL, 'd'},
    {"threads", required_argument, NULL, 't'},
    {"fastopen", no_argument, NULL, 'F'},
    {"defer-accept", no_argument, NULL, 'D'},
    {"mptcp", no_argument, NULL, 'p'},
    {"fork", no_argument, NULL, 'w'}, /* a child accepts, the parent only listens */
    {"marks", no_argument, NULL, 'r'},
    {NULL, 0, NULL, 0},
};

_Noreturn static void usage(void)
{
    fprintf(stderr, "usage: server [options] [ADDRESS:PORT]\n");
    exit(2);
}

static enum serve_fault parse_fault(const char *name)
{
    static const char *const names[] = {"ok", "alert", "close", "reset", "silent", "ignore"};

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (!strcmp(names[i], name))
            return (enum serve_fault)i;
    usage();
}

static int parse_version(const char *version)
{
    return strcmp(version, "1.3") ? TLS1_2_VERSION : TLS1_3_VERSION;
}

static bool set_tls(struct settings *settings, int option, const char *value)
{
    switch (option) {
    case 'c':
        settings->certificate = value;
        return true;
    case 'k':
        settings->key = value;
        return true;
    case 'C':
        settings->client_ca = value;
        return true;
    case 'g':
        settings->groups = value;
        return true;
    case 'A':
        settings->alpn = value;
        return true;
    case 'm':
        settings->version_min = parse_version(value);
        return true;
    case 'M':
        settings->version_max = parse_version(value);
        return true;
    case 'e':
        settings->serve.early_data_bytes = (unsigned)atoi(value);
        return true;
    default:
        return false;
    }
}

static bool set_option(struct settings *settings, int option, const char *value)
{
    struct serve *serve = &settings->serve;

    switch (option) {
    case 'G':
        serve->greeting = value;
        return true;
    case 'f':
        serve->fault = parse_fault(value);
        return true;
    case 'a':
        serve->delay_accept_ms = (unsigned)atoi(value);
        return true;
    case 'd':
        serve->delay_hello_ms = (unsigned)atoi(value);
        return true;
    case 't':
        serve->threads = (unsigned)atoi(value);
        return true;
    case 'F':
        return settings->fast_open = true;
    case 'D':
        return settings->defer_accept = true;
    case 'p':
        settings->protocol = IPPROTO_MPTCP;
        return true;
    case 'w':
        return settings->fork = true;
    case 'r':
        return serve->report = true;
    default:
        return set_tls(settings, option, value);
    }
}

static int choose_alpn(SSL *ssl, const unsigned char **chosen, unsigned char *chosen_bytes,
                       const unsigned char *offered, unsigned offered_bytes, void *spoken)
{
    size_t length = strlen(spoken);

    (void)ssl;
    for (unsigned at = 0; at < offered_bytes; at += offered[at] + 1u) {
        *chosen = offered + at + 1;
        *chosen_bytes = offered[at];
        if (length == offered[at] && !memcmp(*chosen, spoken, length))
            return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_NOACK;
}

static SSL_CTX *context(const struct settings *settings)
{
    SSL_CTX *ctx;

    if (!settings->certificate)
        return NULL;
    ctx = serve_context(settings->certificate, settings->key);
    SSL_CTX_set_min_proto_version(ctx, settings->version_min);
    SSL_CTX_set_max_proto_version(ctx, settings->version_max);
    if (settings->groups && !SSL_CTX_set1_groups_list(ctx, settings->groups))
        net_die(settings->groups);
    if (settings->alpn)
        SSL_CTX_set_alpn_select_cb(ctx, choose_alpn, (void *)settings->alpn);
    if (settings->client_ca) {
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        if (!SSL_CTX_load_verify_locations(ctx, settings->client_ca, NULL))
            net_die(settings->client_ca);
    }
    return ctx;
}

/* The listener and the worker may be two processes; the worker dies with the listener. */
_Noreturn static void run(struct settings *settings)
{
    pid_t listener = getpid();
    pid_t child = settings->fork ? fork() : 0;

    if (child > 0) {
        waitpid(child, NULL, 0);
        exit(0);
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    net_print("{\"port\":%u,\"listener\":%d,\"worker\":%d}\n", net_local_port(settings->serve.fd),
              listener, getpid());
    serve_run(&settings->serve);
}

int main(int argc, char **argv)
{
    struct settings settings = {.serve = {.threads = 16}};
    struct net_address address;
    int option;
    int queue = 16;

    while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0)
        if (!set_option(&settings, option, optarg))
            usage();
    address = net_parse(optind < argc ? argv[optind] : "127.0.0.1:0");
    settings.serve.ctx = context(&settings);
    settings.serve.fd = net_listen(&address, settings.protocol);
    if (settings.fast_open &&
        setsockopt(settings.serve.fd, IPPROTO_TCP, TCP_FASTOPEN, &queue, sizeof(queue)))
        net_die("TCP_FASTOPEN");
    if (settings.defer_accept &&
        setsockopt(settings.serve.fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &queue, sizeof(queue)))
        net_die("TCP_DEFER_ACCEPT");
    run(&settings);
}
