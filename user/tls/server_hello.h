/* SPDX-License-Identifier: MIT */
/* Reads a ServerHello or a HelloRetryRequest (RFC 8446 sections 4.1.3 and 4.1.4). */
#pragma once

#include <stddef.h>

#include "user/tls/facts.h"

/*
 * A HelloRetryRequest sets only `hello_retry`. A ServerHello fills version and cipher, up to
 * TLS 1.2 alpn, and for TLS 1.3 resumed. false, and nothing filled: it is neither, or not whole.
 */
bool cs_server_hello_read(const __u8 *body, size_t length, struct cs_tls_facts *facts);
