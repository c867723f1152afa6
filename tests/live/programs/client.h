/* SPDX-License-Identifier: MIT */
/*
 * The client of the live tests: what it was told to do (plan), one connection in progress (client)
 * and what it measured itself around its own calls (marks). A plan is a list of steps, see steps.c.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "net.h"

enum { STEPS_MAX = 32 };

struct plan {
    struct net_address address;
    unsigned connections; /* of each thread */
    unsigned threads;     /* of each process */
    unsigned processes;
    bool quiet; /* no line per connection */

    bool resume;     /* offer the session of the thread's previous connection */
    bool early_data; /* with it: send one byte before the ServerHello */
    bool clear_ssl;  /* SSL_clear the object and use it again, instead of free and new */
    const char *server_name;
    SSL_CTX *ctx;

    char *steps[STEPS_MAX];
    unsigned step_count;
};

/* CLOCK_MONOTONIC nanoseconds; 0 = not reached. */
struct marks {
    uint64_t connect_start; /* just before connect() */
    uint64_t connected;     /* just after it returned 0, or poll() said so */
    uint64_t failed;        /* instead: it returned an error, or poll() said so */
    uint64_t tls_start;     /* just before the first SSL_connect() */
    uint64_t tls_end;       /* just after it returned 1 */
    uint64_t tls_flushed;   /* memory BIO: the last flight was handed to the kernel */
    int connect_error;      /* errno */
    bool tls_failed;
    bool resumed;
    uint16_t local_port;
};

struct client {
    const struct plan *plan;
    int fd;
    bool forked; /* we are a child made by a step: end with this connection */
    SSL *ssl;
    bool memory; /* `ssl` reads and writes memory; we carry the bytes */
    SSL_SESSION *session;
    struct marks marks;
};

/* A step ends the connection's plan when it returns false. */
bool client_step(struct client *client, const char *step);
bool client_is_step(const char *step);

/* Prints what was measured so far, once, and forgets it. */
void client_report(struct client *client);

/* connect.c: steps */
bool connect_bind(struct client *client, const char *argument);
bool connect_nonblocking(struct client *client, const char *argument);
bool connect_cork(struct client *client, const char *argument);
bool connect_fastopen(struct client *client, const char *argument);
bool connect_now(struct client *client, const char *argument);
bool connect_try(struct client *client, const char *argument);
bool connect_start(struct client *client, const char *argument); /* does not wait */
bool connect_end(struct client *client, const char *argument);   /* waits for what it started */
bool connect_fastopen_send(struct client *client, const char *argument);
bool connect_disconnect(struct client *client, const char *argument);

/* tls.c */
SSL_CTX *tls_client_context(void);
bool tls_connect(struct client *client, bool memory);
int tls_read(struct client *client, void *data, int room);
bool tls_write(struct client *client, const void *data, int length);
void tls_close(struct client *client);

/* handover.c: steps */
bool handover_fork(struct client *client, const char *argument);
bool handover_pass(struct client *client, const char *argument);
