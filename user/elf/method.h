/* SPDX-License-Identifier: MIT */
/*
 * The two entries of OpenSSL's handshake state machine in a library without symbols for them. Every
 * handshake of OpenSSL 1.1 and later, explicit or implicit, goes through one of them. Their
 * neighbours in the same table carry what a program reads and writes.
 */
#pragma once

#include "user/elf/image.h"

struct cs_method {
    uint64_t connect; /* ossl_statem_connect */
    uint64_t accept;  /* ossl_statem_accept */
    uint64_t read;    /* of both methods; 0: no code */
    uint64_t write;
};

/*
 * From the addresses of TLS_client_method and TLS_server_method. -ENOENT when their SSL_METHOD
 * tables do not have the one shape that can be trusted, as in BoringSSL and LibreSSL.
 */
int cs_method_find(const struct cs_image *image, uint64_t client_function, uint64_t server_function,
                   struct cs_method *method);
