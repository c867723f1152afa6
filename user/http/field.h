/* SPDX-License-Identifier: MIT */
/*
 * Texts of header fields that go into an entry, brought into a form fit for it: bounded, lower case
 * where case means nothing, printable ASCII. HTTP/1 and HTTP/2 share it.
 */
#pragma once

#include <stdbool.h>

#include "user/http/exchange.h"

/* Of "type/subtype; parameters" the essence (WHATWG MIME sniffing); what is none leaves "". */
void cs_http_type_set(char type[CS_HTTP_TYPE_BYTES], const char *value, size_t length);

/* Several fields are one list (RFC 9110 section 5.3). */
void cs_http_encoding_add(char encoding[CS_HTTP_ENCODING_BYTES], const char *value, size_t length);

/* A token of RFC 9110 section 5.6.2. false: it is none, or too long; "" then. */
bool cs_http_method_set(char method[CS_HTTP_METHOD_BYTES], const char *value, size_t length);

bool cs_http_is_token(const char *text, size_t length);
