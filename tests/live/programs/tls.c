/* SPDX-License-Identifier: MIT */
/*
 * The client's TLS: SSL_connect on the socket itself, blocking or not, or SSL_do_handshake on
 * memory BIOs whose bytes are carried by hand, as event loops do.
 */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "client.h"

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    struct client *client = SSL_get_app_data(ssl);

    SSL_SESSION_free(client->session);
    client->session = session;
    return 1; /* the reference is ours now */
}

SSL_CTX *tls_client_context(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

    if (!ctx)
        net_die("SSL_CTX_new");
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, keep_session);
    return ctx;
}

static void prepare(struct client *client, bool memory)
{
    const struct plan *plan = client->plan;

    if (client->ssl && !SSL_clear(client->ssl))
        net_die("SSL_clear");
    if (!client->ssl)
        client->ssl = SSL_new(plan->ctx);
    if (!client->ssl)
        net_die("SSL_new");
    client->memory = memory;
    SSL_set_app_data(client->ssl, client);
    SSL_set_connect_state(client->ssl);
    if (plan->server_name)
        SSL_set_tlsext_host_name(client->ssl, plan->server_name);
    if (plan->resume && client->session)
        SSL_set_session(client->ssl, client->session);
    if (memory)
        SSL_set_bio(client->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    else
        SSL_set_fd(client->ssl, client->fd);
}

/* Hands what OpenSSL wrote to the kernel. */
static bool flush(struct client *client)
{
    char data[16384];
    int length;

    while ((length = BIO_read(SSL_get_wbio(client->ssl), data, sizeof(data))) > 0)
        if (!net_send_all(client->fd, data, (size_t)length))
            return false;
    return true;
}

static bool fill(struct client *client)
{
    char data[16384];
    ssize_t length;

    do {
        net_wait(client->fd, POLLIN);
        length = recv(client->fd, data, sizeof(data), 0);
    } while (length < 0 && (errno == EINTR || errno == EAGAIN));
    return length > 0 && BIO_write(SSL_get_rbio(client->ssl), data, (int)length) == length;
}

/* After `result` of an SSL call: true when the call is to be made again. */
static bool again(struct client *client, int result)
{
    int error = SSL_get_error(client->ssl, result);

    if (client->memory && !flush(client))
        return false;
    if (error == SSL_ERROR_WANT_WRITE) {
        net_wait(client->fd, POLLOUT);
        return true;
    }
    if (error != SSL_ERROR_WANT_READ)
        return false;
    if (client->memory)
        return fill(client);
    net_wait(client->fd, POLLIN);
    return true;
}

/* RFC 8446 section 2.3: the byte leaves with the ClientHello. */
static void write_early(struct client *client)
{
    size_t written;

    if (!client->plan->early_data || !client->session ||
        !SSL_SESSION_get_max_early_data(client->session))
        return;
    SSL_write_early_data(client->ssl, "e", 1, &written);
    if (client->memory)
        flush(client);
}

bool tls_connect(struct client *client, bool memory)
{
    struct marks *marks = &client->marks;
    int result;

    prepare(client, memory);
    marks->tls_start = net_now_ns();
    write_early(client);
    while ((result = SSL_connect(client->ssl)) != 1 && again(client, result))
        ;
    if (result != 1) {
        marks->tls_failed = true;
        return false;
    }
    marks->tls_end = net_now_ns();
    if (memory && !flush(client))
        return false;
    marks->tls_flushed = net_now_ns();
    marks->resumed = SSL_session_reused(client->ssl);
    return true;
}

int tls_read(struct client *client, void *data, int room)
{
    int result;

    while ((result = SSL_read(client->ssl, data, room)) <= 0 && again(client, result))
        ;
    return result;
}

bool tls_write(struct client *client, const void *data, int length)
{
    int result;

    while ((result = SSL_write(client->ssl, data, length)) <= 0 && again(client, result))
        ;
    return result == length && (!client->memory || flush(client));
}

void tls_close(struct client *client)
{
    if (!client->ssl)
        return;
    /* Without a shutdown OpenSSL would forget the session it could resume. */
    SSL_set_shutdown(client->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    if (client->plan->clear_ssl)
        return;
    SSL_free(client->ssl);
    client->ssl = NULL;
}
