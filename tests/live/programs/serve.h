/* SPDX-License-Identifier: MIT */
/* The server of the live tests: threads that accept, answer, or misbehave on demand. */
#pragma once

#include <stdbool.h>

#include <openssl/ssl.h>

enum serve_fault {
    SERVE_OK,
    SERVE_ALERT,  /* after the client's first bytes: handshake_failure in clear */
    SERVE_CLOSE,  /* ... FIN */
    SERVE_RESET,  /* ... RST */
    SERVE_SILENT, /* ... nothing but a line on standard output until the client goes */
    SERVE_IGNORE, /* accept and close */
};

struct serve {
    int fd;               /* listening */
    SSL_CTX *ctx;         /* NULL: plain */
    const char *greeting; /* sent first, before any byte of the client; NULL: none */
    unsigned delay_accept_ms;
    unsigned delay_hello_ms; /* between accept and the first answer */
    enum serve_fault fault;
    unsigned threads;
    unsigned early_data_bytes; /* accept TLS 1.3 early data up to this */
    bool report;               /* print one line of marks per connection */
};

SSL_CTX *serve_context(const char *certificate, const char *key);

/* Accepts and echoes until the process ends. */
_Noreturn void serve_run(const struct serve *serve);
