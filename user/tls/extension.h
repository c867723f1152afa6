/* SPDX-License-Identifier: MIT */
/*
 * What the extensions of both hellos have in common: the walk over them, and names in them that may
 * be shown to a person.
 */
#pragma once

#include "user/tls/cursor.h"

/* ExtensionType, RFC 8446 section 4.2, RFC 6066, RFC 7301, RFC 5077. */
enum cs_extension_type {
    CS_EXTENSION_SERVER_NAME = 0,
    CS_EXTENSION_ALPN = 16,
    CS_EXTENSION_SESSION_TICKET = 35,
    CS_EXTENSION_PRE_SHARED_KEY = 41,
    CS_EXTENSION_EARLY_DATA = 42,
    CS_EXTENSION_SUPPORTED_VERSIONS = 43,
};

struct cs_extension {
    __u16 type;
    struct cs_cursor body;
};

/* Takes the next extension off the list; its body may be cut. false: there is none. */
bool cs_extension_next(struct cs_cursor *list, struct cs_extension *extension);

/* Copies a name of printable ASCII that is there in full and fits. false, and `out` untouched: not.
 */
bool cs_extension_name(struct cs_cursor name, char *out, size_t out_bytes);
