/* SPDX-License-Identifier: MIT */
/* Hellos are written front to back; lengths are filled in when what they count is known. */
#include "tests/harness/tls_build.h"

#include <string.h>

enum { CLIENT_HELLO = 1, SERVER_HELLO = 2, LEGACY_VERSION = 0x0303, RANDOM_BYTES = 32 };

static const __u8 RETRY_RANDOM[RANDOM_BYTES] = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

static void put(struct cs_buf *out, size_t number, size_t bytes)
{
    while (bytes--) {
        char digit = (char)(number >> 8 * bytes);

        cs_buf_add(out, &digit, 1);
    }
}

static void fill(struct cs_buf *out, size_t bytes)
{
    while (bytes--)
        put(out, 0xa5, 1);
}

/* Leaves room for a length of `bytes` bytes; close_list() fills it in. */
static size_t open_list(struct cs_buf *out, size_t bytes)
{
    put(out, 0, bytes);
    return out->length;
}

static void close_list(struct cs_buf *out, size_t opened, size_t bytes)
{
    size_t length = out->length - opened;

    for (size_t i = 1; i <= bytes; i++, length >>= 8)
        out->data[opened - i] = (char)length;
}

static size_t open_extension(struct cs_buf *out, __u16 type)
{
    put(out, type, 2);
    return open_list(out, 2);
}

static void filled_extension(struct cs_buf *out, __u16 type, size_t bytes)
{
    size_t extension = open_extension(out, type);

    fill(out, bytes);
    close_list(out, extension, 2);
}

static void put_server_name(struct cs_buf *out, const char *name)
{
    size_t extension = open_extension(out, 0);
    size_t list = open_list(out, 2);

    put(out, 0, 1);
    put(out, strlen(name), 2);
    cs_buf_text(out, name);
    close_list(out, list, 2);
    close_list(out, extension, 2);
}

static void put_alpn(struct cs_buf *out, const char *const *names, bool grease)
{
    size_t extension = open_extension(out, 16);
    size_t list = open_list(out, 2);

    if (grease)
        put(out, 0x020a0a, 3);
    for (; *names; names++) {
        put(out, strlen(*names), 1);
        cs_buf_text(out, *names);
    }
    close_list(out, list, 2);
    close_list(out, extension, 2);
}

static void put_versions(struct cs_buf *out, bool grease)
{
    size_t extension = open_extension(out, 43);
    size_t list = open_list(out, 1);

    if (grease)
        put(out, 0x7a7a, 2);
    put(out, 0x03040303, 4);
    close_list(out, list, 1);
    close_list(out, extension, 2);
}

static void put_client_extensions(struct cs_buf *out, const struct tls_client *client)
{
    if (client->grease)
        filled_extension(out, 0x1a1a, 0);
    if (client->padding_bytes)
        filled_extension(out, 21, client->padding_bytes);
    filled_extension(out, 23, 0); /* extended_master_secret: empty, as many are */
    if (client->server_name)
        put_server_name(out, client->server_name);
    if (client->alpn[0])
        put_alpn(out, client->alpn, client->grease);
    if (client->ech)
        filled_extension(out, 0xfe0d, 180);
    filled_extension(out, 35, client->ticket_bytes);
    if (!client->no_tls13)
        put_versions(out, client->grease);
    if (client->early_data)
        filled_extension(out, 42, 0);
    if (client->grease)
        filled_extension(out, 0x2a2a, 1);
    if (client->pre_shared_key)
        filled_extension(out, 41, 100);
}

void tls_client_hello_body(struct cs_buf *out, const struct tls_client *client)
{
    size_t extensions;

    put(out, client->legacy_version ? client->legacy_version : LEGACY_VERSION, 2);
    fill(out, RANDOM_BYTES);
    put(out, client->session_id_bytes, 1);
    fill(out, client->session_id_bytes);
    put(out, client->grease ? 0x00048a8a1301 : 0x0004c02f1301, 6); /* cipher_suites */
    put(out, 0x0100, 2);                                           /* compression */
    extensions = open_list(out, 2);
    put_client_extensions(out, client);
    close_list(out, extensions, 2);
}

void tls_server_hello_body(struct cs_buf *out, const struct tls_server *server)
{
    const char *alpn[] = {server->alpn, NULL};
    size_t extensions;

    put(out, server->version ? server->version : LEGACY_VERSION, 2);
    if (server->retry)
        cs_buf_add(out, RETRY_RANDOM, RANDOM_BYTES);
    else
        fill(out, RANDOM_BYTES);
    put(out, server->session_id_bytes, 1);
    fill(out, server->session_id_bytes);
    put(out, server->cipher ? server->cipher : 0x1301, 2);
    put(out, 0, 1);
    extensions = open_list(out, 2);
    filled_extension(out, 51, 36); /* key_share, in front of what we look for */
    if (!server->version)
        put(out, 0x002b00020304, 6);
    if (server->pre_shared_key)
        put(out, 0x002900020000, 6);
    if (server->alpn)
        put_alpn(out, alpn, false);
    close_list(out, extensions, 2);
}

static void put_records(struct cs_buf *out, const struct cs_buf *message, size_t fragment_bytes)
{
    size_t part;

    for (size_t at = 0; at < message->length; at += part) {
        part = message->length - at;
        if (fragment_bytes && part > fragment_bytes)
            part = fragment_bytes;
        put(out, TLS_HANDSHAKE, 1);
        put(out, LEGACY_VERSION, 2);
        put(out, part, 2);
        cs_buf_add(out, message->data + at, part);
    }
}

void tls_client_hello(struct cs_buf *out, const struct tls_client *client)
{
    struct cs_buf message = {0};
    size_t body;

    put(&message, CLIENT_HELLO, 1);
    body = open_list(&message, 3);
    tls_client_hello_body(&message, client);
    close_list(&message, body, 3);
    put_records(out, &message, client->fragment_bytes);
    cs_buf_free(&message);
}

void tls_server_hello(struct cs_buf *out, const struct tls_server *server)
{
    struct cs_buf message = {0};
    size_t body;

    put(&message, SERVER_HELLO, 1);
    body = open_list(&message, 3);
    tls_server_hello_body(&message, server);
    close_list(&message, body, 3);
    put_records(out, &message, 0);
    cs_buf_free(&message);
}

void tls_message(struct cs_buf *out, __u8 type, size_t body_bytes)
{
    put(out, TLS_HANDSHAKE, 1);
    put(out, LEGACY_VERSION, 2);
    put(out, body_bytes + 4, 2);
    put(out, type, 1);
    put(out, body_bytes, 3);
    fill(out, body_bytes);
}

void tls_record(struct cs_buf *out, __u8 type, size_t body_bytes)
{
    put(out, type, 1);
    put(out, LEGACY_VERSION, 2);
    put(out, body_bytes, 2);
    fill(out, body_bytes);
}

void tls_alert(struct cs_buf *out, __u8 level, __u8 description)
{
    put(out, TLS_ALERT, 1);
    put(out, LEGACY_VERSION, 2);
    put(out, 2, 2);
    put(out, level, 1);
    put(out, description, 1);
}
