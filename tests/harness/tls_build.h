/* SPDX-License-Identifier: MIT */
/* Makes TLS bytes: hellos from a description, and records whose bodies nobody can read. */
#pragma once

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "user/base/buf.h"

/* HandshakeType and ContentType as the tests need them. */
enum { TLS_CCS = 20, TLS_ALERT = 21, TLS_HANDSHAKE = 22, TLS_DATA = 23 };
enum { TLS_CERTIFICATE = 11, TLS_SERVER_HELLO_DONE = 14, TLS_CLIENT_KEY_EXCHANGE = 16 };

struct tls_client {
    const char *server_name;
    const char *alpn[12];
    size_t session_id_bytes;
    size_t ticket_bytes;
    size_t padding_bytes;  /* of an extension nobody knows */
    size_t fragment_bytes; /* of the body per record; 0: one record */
    __u16 legacy_version;  /* 0: 0x0303 */
    bool no_tls13;
    bool pre_shared_key;
    bool early_data;
    bool grease; /* RFC 8701, wherever Chrome puts it */
    bool ech;    /* an encrypted_client_hello extension, as an outer hello has */
};

struct tls_server {
    const char *alpn;
    size_t session_id_bytes;
    __u16 version; /* 0: TLS 1.3 by supported_versions */
    __u16 cipher;  /* 0: TLS_AES_128_GCM_SHA256 */
    bool pre_shared_key;
    bool retry; /* a HelloRetryRequest */
};

/* The body of the hello, without message or record header. */
void tls_client_hello_body(struct cs_buf *out, const struct tls_client *client);
void tls_server_hello_body(struct cs_buf *out, const struct tls_server *server);

/* Whole records with the hello in them. */
void tls_client_hello(struct cs_buf *out, const struct tls_client *client);
void tls_server_hello(struct cs_buf *out, const struct tls_server *server);

/* A handshake message in a record of its own, its body filled with something. */
void tls_message(struct cs_buf *out, __u8 type, size_t body_bytes);

/* A record whose body is as good as encrypted. */
void tls_record(struct cs_buf *out, __u8 type, size_t body_bytes);

void tls_alert(struct cs_buf *out, __u8 level, __u8 description); /* in clear */
