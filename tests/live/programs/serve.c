/* SPDX-License-Identifier: MIT */
/* Every thread accepts and serves one connection at a time: echo until the client is done. */
#include "serve.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"

struct served {
    int fd;
    SSL *ssl;
    uint16_t peer_port;
    uint64_t accepted_ns;
    uint64_t tls_start_ns;
    uint64_t tls_end_ns;
};

SSL_CTX *serve_context(const char *certificate, const char *key)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    static const unsigned char id[] = "connspan";

    if (!ctx || SSL_CTX_use_certificate_chain_file(ctx, certificate) != 1 ||
        SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
        net_die(certificate);
    SSL_CTX_set_session_id_context(ctx, id, sizeof(id) - 1);
    /* Tickets, not a cache: a client that just closes would have its session thrown out of it. */
    SSL_CTX_set_options(ctx, SSL_OP_NO_ANTI_REPLAY);
    return ctx;
}

/* True when the connection is dealt with. */
static bool misbehave(const struct serve *serve, int fd)
{
    static const unsigned char alert[] = {21, 3, 3, 0, 2, 2, 40}; /* RFC 8446 section 6 */
    char hello[16384];

    if (serve->fault == SERVE_OK)
        return false;
    if (serve->fault != SERVE_IGNORE)
        recv(fd, hello, sizeof(hello), 0);
    if (serve->fault == SERVE_ALERT)
        net_send_all(fd, alert, sizeof(alert));
    if (serve->fault == SERVE_SILENT) {
        net_print("hello\n");
        while (recv(fd, hello, sizeof(hello), 0) > 0)
            ;
    }
    if (serve->fault == SERVE_RESET)
        net_reset(fd);
    else
        close(fd);
    return true;
}

static bool read_early(const struct serve *serve, SSL *ssl)
{
    char data[1024];
    size_t length;
    int result;

    if (!serve->early_data_bytes)
        return true;
    while ((result = SSL_read_early_data(ssl, data, sizeof(data), &length)) ==
           SSL_READ_EARLY_DATA_SUCCESS)
        ;
    return result == SSL_READ_EARLY_DATA_FINISH;
}

static bool handshake(const struct serve *serve, struct served *one)
{
    one->ssl = SSL_new(serve->ctx);
    if (!one->ssl)
        net_die("SSL_new");
    SSL_set_fd(one->ssl, one->fd);
    one->tls_start_ns = net_now_ns();
    if (!read_early(serve, one->ssl) || SSL_accept(one->ssl) != 1)
        return false;
    one->tls_end_ns = net_now_ns();
    return true;
}

static void echo(struct served *one)
{
    char data[4096];

    if (one->ssl) {
        int length;

        while ((length = SSL_read(one->ssl, data, sizeof(data))) > 0)
            if (SSL_write(one->ssl, data, length) != length)
                return;
    } else {
        ssize_t length;

        while ((length = recv(one->fd, data, sizeof(data), 0)) > 0)
            if (!net_send_all(one->fd, data, (size_t)length))
                return;
    }
}

static void report(const struct served *one)
{
    net_print("{\"peerPort\":%u,\"accepted\":%" PRIu64 ",\"tlsStart\":%" PRIu64
              ",\"tlsEnd\":%" PRIu64 "}\n",
              one->peer_port, one->accepted_ns, one->tls_start_ns, one->tls_end_ns);
}

static void serve_one(const struct serve *serve, struct served *one)
{
    if (serve->delay_hello_ms)
        net_sleep_ms(serve->delay_hello_ms);
    if (misbehave(serve, one->fd))
        return;
    if (serve->greeting)
        net_send_all(one->fd, serve->greeting, strlen(serve->greeting));
    if (!serve->ctx || handshake(serve, one)) {
        if (serve->report)
            report(one);
        echo(one);
    }
    if (one->ssl)
        SSL_free(one->ssl);
    close(one->fd);
}

static void *thread(void *argument)
{
    const struct serve *serve = argument;
    int on = 1;

    for (;;) {
        struct sockaddr_in6 peer;
        socklen_t size_bytes = sizeof(peer);
        struct served one = {0};

        if (serve->delay_accept_ms) {
            net_wait(serve->fd, POLLIN);
            net_sleep_ms(serve->delay_accept_ms);
        }
        one.fd = accept4(serve->fd, (struct sockaddr *)&peer, &size_bytes, SOCK_CLOEXEC);
        if (one.fd < 0)
            continue;
        one.accepted_ns = net_now_ns();
        setsockopt(one.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* tickets, then the echo */
        one.peer_port = ntohs(peer.sin6_port); /* at the same place in sockaddr_in */
        serve_one(serve, &one);
    }
    return NULL;
}

void serve_run(const struct serve *serve)
{
    signal(SIGPIPE, SIG_IGN);
    if (serve->ctx && serve->early_data_bytes)
        SSL_CTX_set_max_early_data(serve->ctx, serve->early_data_bytes);
    for (unsigned i = 0; i < serve->threads; i++) {
        pthread_t id;

        if (pthread_create(&id, NULL, thread, (void *)serve))
            net_die("thread");
    }
    for (;;)
        pause();
}
