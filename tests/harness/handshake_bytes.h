/* SPDX-License-Identifier: MIT */
/*
 * The bytes of one real TLS 1.3 handshake (OpenSSL 3.0, self-signed P-256), cut where a test wants
 * to put time between: ClientHello with SNI example.com and ALPN h2, http/1.1; ServerHello with
 * TLS_AES_256_GCM_SHA384; the rest of the server's flight; the client's ChangeCipherSpec and
 * Finished.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum handshake_step {
    STEP_CLIENT_HELLO,
    STEP_SERVER_HELLO,
    STEP_SERVER_FLIGHT,
    STEP_CLIENT_FINISHED,
    STEP_ALERT, /* the server answers the ClientHello with a fatal handshake_failure */
};

struct handshake_bytes {
    const uint8_t *data;
    size_t length;
    uint32_t offset; /* in its direction's stream */
    uint8_t direction;
};

struct handshake_bytes handshake_bytes(enum handshake_step step);
