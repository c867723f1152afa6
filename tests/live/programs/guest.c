/* SPDX-License-Identifier: MIT */
/* One connection of a crowd: its handshake on the socket, or on memory BIOs carried by hand. */
#include "crowd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void prepare(const struct crowd *crowd, struct guest *guest, SSL *ssl)
{
    char name[32];

    if (ssl && !SSL_clear(ssl))
        net_die("SSL_clear");
    guest->ssl = ssl ? ssl : SSL_new(crowd->ctx);
    if (!guest->ssl)
        net_die("SSL_new");
    snprintf(name, sizeof(name), "n%u.example", guest->number);
    SSL_set_connect_state(guest->ssl);
    SSL_set_tlsext_host_name(guest->ssl, name);
    if (crowd->memory)
        SSL_set_bio(guest->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    else
        SSL_set_fd(guest->ssl, guest->fd);
}

void guest_connect(const struct crowd *crowd, struct guest *guest, SSL *ssl)
{
    const struct net_address *address = &crowd->address;
    int family = address->storage.ss_family;

    guest->fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (guest->fd < 0)
        net_die("socket");
    guest->connect.before = net_now_ns();
    if (connect(guest->fd, (const struct sockaddr *)&address->storage, address->size_bytes) &&
        errno != EINPROGRESS)
        net_die("connect");
    guest->connect.after = net_now_ns();
    guest->local_port = net_local_port(guest->fd);
    prepare(crowd, guest, ssl);
}

void guest_flush(struct guest *guest)
{
    char data[16384];
    int length;

    while ((length = BIO_read(SSL_get_wbio(guest->ssl), data, sizeof(data))) > 0)
        if (!net_send_all(guest->fd, data, (size_t)length))
            net_die("send");
    guest->flush = false;
    guest->flushed_ns = net_now_ns();
    if (!guest->hello_ns)
        guest->hello_ns = guest->flushed_ns;
}

static void fill(struct guest *guest)
{
    char data[16384];
    ssize_t length = recv(guest->fd, data, sizeof(data), 0);

    if (length == 0 || (length < 0 && errno != EAGAIN))
        net_die("recv");
    if (length > 0 && BIO_write(SSL_get_rbio(guest->ssl), data, (int)length) != length)
        net_die("BIO_write");
}

static enum guest_wish wish(struct guest *guest, int result)
{
    int number = errno, error = SSL_get_error(guest->ssl, result);

    if (error == SSL_ERROR_WANT_READ)
        return GUEST_READ;
    if (error == SSL_ERROR_WANT_WRITE)
        return GUEST_WRITE;
    fprintf(stderr, "crowd: handshake %u failed: %d, %s, %s\n", guest->number, error,
            strerror(number), SSL_state_string_long(guest->ssl));
    _exit(1);
}

/* After the handshake: the echo of a byte. */
static enum guest_wish read_echo(struct guest *guest)
{
    char byte;
    int result = SSL_read(guest->ssl, &byte, 1);

    return result == 1 ? GUEST_OVER : wish(guest, result);
}

static enum guest_wish after(const struct crowd *crowd, struct guest *guest, int result)
{
    if (guest->abandoned)
        return GUEST_OVER;
    if (!guest->done)
        return wish(guest, result);
    if (!crowd->exchange)
        return GUEST_OVER;
    if (SSL_write(guest->ssl, "x", 1) != 1)
        net_die("SSL_write");
    return GUEST_READ;
}

enum guest_wish guest_step(const struct crowd *crowd, struct guest *guest)
{
    struct span call;
    int result;

    if (guest->done)
        return read_echo(guest);
    if (crowd->memory && guest->calls)
        fill(guest);
    call.before = net_now_ns();
    result = SSL_do_handshake(guest->ssl);
    call.after = net_now_ns();
    if (!guest->calls++)
        guest->start = call;
    if (result == 1) {
        guest->end = call;
        guest->done = true;
        guest->resumed = SSL_session_reused(guest->ssl);
    }
    if (crowd->memory && crowd->late)
        guest->flush = true;
    else if (crowd->memory)
        guest_flush(guest);
    if (result != 1 && crowd->abandon && guest->number % crowd->abandon == 0)
        guest->abandoned = true;
    return after(crowd, guest, result);
}

/* A line is one write: two programs may share their output. */
void guest_print(const struct guest *guest)
{
    net_print("{\"pid\":%d,\"number\":%u,\"localPort\":%u,\"ssl\":%" PRIuPTR ",\"calls\":%u"
              ",\"abandoned\":%s,\"resumed\":%s,\"connect\":[%" PRIu64 ",%" PRIu64 "]"
              ",\"start\":[%" PRIu64 ",%" PRIu64 "],\"end\":[%" PRIu64 ",%" PRIu64 "]"
              ",\"hello\":%" PRIu64 ",\"flushed\":%" PRIu64 "}\n",
              guest->pid ? guest->pid : getpid(), guest->number, guest->local_port,
              (uintptr_t)guest->ssl, guest->calls, guest->abandoned ? "true" : "false",
              guest->resumed ? "true" : "false", guest->connect.before, guest->connect.after,
              guest->start.before, guest->start.after, guest->end.before, guest->end.after,
              guest->hello_ns, guest->flushed_ns);
}
