/* SPDX-License-Identifier: MIT */
/*
 * Many handshakes in flight on one thread: what was asked for (crowd), and one connection of it
 * (guest) with both sides of the calls that begin and end its handshake, so that a mark of an entry
 * is right or wrong exactly, however busy the machine is. crowd.c owns the loop, guest.c the TLS.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <sys/types.h>

#include <openssl/ssl.h>

#include "net.h"

struct crowd {
    struct net_address address;
    SSL_CTX *ctx;
    unsigned connections; /* in all */
    unsigned in_flight;   /* of each thread */
    unsigned abandon;     /* every Nth is given up when its ClientHello has left; 0: none */
    bool memory;          /* memory BIOs, carried by hand */
    bool late;            /* with them: sent when all that was ready has been stepped */
    bool exchange;        /* sockets: a byte each way before the end, so that nothing is unread */
    bool clear;           /* SSL_clear, not SSL_free and SSL_new */
    struct guest *all;
    atomic_uint next;
};

struct span { /* CLOCK_MONOTONIC nanoseconds, before a call and after it */
    uint64_t before, after;
};

struct guest {
    unsigned number; /* its name is n<number>.example */
    pid_t pid;       /* that connected, if it is not the one that prints */
    int fd;
    SSL *ssl;
    uint16_t local_port;
    bool done, abandoned, resumed, flush;
    unsigned calls; /* of SSL_do_handshake */
    struct span connect;
    struct span start;   /* the first SSL_do_handshake */
    struct span end;     /* the one that returned 1 */
    uint64_t hello_ns;   /* memory BIO: the ClientHello was handed to the kernel */
    uint64_t flushed_ns; /* ... and the last flight */
};

enum guest_wish { GUEST_READ, GUEST_WRITE, GUEST_OVER };

/* A non-blocking connect() begins. `ssl`: an object to be used again, or NULL. */
void guest_connect(const struct crowd *crowd, struct guest *guest, SSL *ssl);

/* One SSL_do_handshake, and what must be read before and sent after it; or what follows it. */
enum guest_wish guest_step(const struct crowd *crowd, struct guest *guest);

/* Sends what a memory BIO holds. */
void guest_flush(struct guest *guest);
void guest_print(const struct guest *guest);
