/* SPDX-License-Identifier: MIT */
/*
 * marks [options] ADDRESS:PORT STEP...: makes connections by the steps of steps.c and prints, one
 * JSON line each, what CLOCK_MONOTONIC said around its own calls. `marks 127.0.0.1:80 connect
 * send=x recv close`. The truth the entries are held against.
 */
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"

enum { THREADS_MAX = 64 };

static const struct option options[] = {
    {"connections", required_argument, NULL, 'n'},
    {"threads", required_argument, NULL, 't'},
    {"processes", required_argument, NULL, 'p'},
    {"quiet", no_argument, NULL, 'q'},
    {"sni", required_argument, NULL, 's'},
    {"alpn", required_argument, NULL, 'a'},
    {"tls", required_argument, NULL, 'v'},
    {"ca", required_argument, NULL, 'c'},
    {"groups", required_argument, NULL, 'g'},
    {"cert", required_argument, NULL, 'k'},
    {"resume", no_argument, NULL, 'r'},
    {"early-data", no_argument, NULL, 'e'},
    {"clear-ssl", no_argument, NULL, 'C'},
    {NULL, 0, NULL, 0},
};

_Noreturn static void usage(void)
{
    fprintf(stderr, "usage: marks [options] ADDRESS:PORT STEP...\n");
    exit(2);
}

/* "h2,http/1.1" -> the length-prefixed list of RFC 7301 section 3.1 */
static void offer_alpn(SSL_CTX *ctx, const char *names)
{
    unsigned char list[256] = {0};
    unsigned at = 0;
    unsigned length = 1;

    for (; *names && length < sizeof(list); names++) {
        if (*names == ',') {
            at = length++;
            continue;
        }
        list[length++] = (unsigned char)*names;
        list[at]++;
    }
    SSL_CTX_set_alpn_protos(ctx, list, length);
}

static void set_version(SSL_CTX *ctx, const char *version)
{
    int number = version[2] == '3' ? TLS1_3_VERSION : TLS1_2_VERSION;

    SSL_CTX_set_min_proto_version(ctx, number);
    SSL_CTX_set_max_proto_version(ctx, number);
}

static bool set_tls(struct plan *plan, int option, const char *value)
{
    SSL_CTX *ctx = plan->ctx;

    switch (option) {
    case 'a':
        offer_alpn(ctx, value);
        return true;
    case 'v':
        set_version(ctx, value);
        return true;
    case 'c':
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
        return SSL_CTX_load_verify_locations(ctx, value, NULL);
    case 'g':
        return SSL_CTX_set1_groups_list(ctx, value);
    case 'k': /* one PEM file with both */
        return SSL_CTX_use_certificate_chain_file(ctx, value) == 1 &&
               SSL_CTX_use_PrivateKey_file(ctx, value, SSL_FILETYPE_PEM) == 1;
    default:
        return false;
    }
}

static bool set_option(struct plan *plan, int option, const char *value)
{
    switch (option) {
    case 'n':
        plan->connections = (unsigned)atoi(value);
        return true;
    case 't':
        plan->threads = (unsigned)atoi(value);
        return plan->threads <= THREADS_MAX;
    case 'p':
        plan->processes = (unsigned)atoi(value);
        return true;
    case 'q':
        return plan->quiet = true;
    case 's':
        plan->server_name = value;
        return true;
    case 'r':
        return plan->resume = true;
    case 'e':
        return plan->early_data = true;
    case 'C':
        return plan->clear_ssl = true;
    default:
        return set_tls(plan, option, value);
    }
}

static void connection(struct client *client)
{
    const struct plan *plan = client->plan;

    client->fd = -1;
    for (unsigned i = 0; i < plan->step_count; i++)
        if (!client_step(client, plan->steps[i]))
            break;
    client_report(client);
    tls_close(client);
    if (client->fd >= 0)
        close(client->fd);
    if (client->forked)
        _exit(0);
}

static void *thread(void *argument)
{
    struct client client = {.plan = argument};

    for (unsigned i = 0; i < client.plan->connections; i++)
        connection(&client);
    SSL_free(client.ssl);
    SSL_SESSION_free(client.session);
    return NULL;
}

static void process(struct plan *plan)
{
    pthread_t threads[THREADS_MAX];

    for (unsigned i = 1; i < plan->threads; i++)
        if (pthread_create(&threads[i], NULL, thread, plan))
            net_die("thread");
    thread(plan);
    for (unsigned i = 1; i < plan->threads; i++)
        pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
    struct plan plan = {.connections = 1, .threads = 1, .processes = 1};
    int option;

    plan.ctx = tls_client_context();
    while ((option = getopt_long(argc, argv, "+", options, NULL)) >= 0)
        if (!set_option(&plan, option, optarg))
            usage();
    if (argc - optind < 2 || argc - optind - 1 > STEPS_MAX)
        usage();
    plan.address = net_parse(argv[optind]);
    for (int i = optind + 1; i < argc; i++) {
        if (!client_is_step(argv[i]))
            usage();
        plan.steps[plan.step_count++] = argv[i];
    }
    signal(SIGPIPE, SIG_IGN);
    for (unsigned i = 1; i < plan.processes; i++)
        if (!fork())
            break;
    process(&plan);
    while (wait(NULL) > 0)
        ;
    SSL_CTX_free(plan.ctx);
    return 0;
}
