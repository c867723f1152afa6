/* SPDX-License-Identifier: MIT */
/*
 * Reads a ClientHello (RFC 8446 section 4.1.2): server name, ALPN offered, whether an earlier
 * session or early data is offered. An outer ClientHello of ECH is read like any other.
 */
#pragma once

#include <stddef.h>

#include "user/tls/facts.h"

/*
 * Fills the client's part of `facts` from a body, as far as its bytes go: a capture may have cut
 * it. false, and nothing filled: it is no ClientHello.
 */
bool cs_client_hello_read(const __u8 *body, size_t length, struct cs_tls_facts *facts);
