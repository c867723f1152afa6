/* SPDX-License-Identifier: MIT */
/*
 * The URL of a request (RFC 3986, RFC 9112 section 3.2, RFC 9113 section 8.3.1) as far as an entry
 * may show it. What may not be written never gets into a `struct cs_url`: user information, values
 * of query parameters that are known to be secrets, and the parts the user did not ask for.
 * Pure functions; hostile bytes cannot harm them, and leave nothing but printable ASCII.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cs_url_parts { CS_URL_PATH, CS_URL_ORIGIN, CS_URL_FULL }; /* origin + path is the default */

enum {
    CS_URL_AUTHORITY_BYTES = 3 * 256 + 16, /* a host, every byte percent-encoded; port; NUL */
    CS_URL_PATH_BYTES = 2048,              /* with query; a longer one is cut */
    CS_URL_HIDDEN = 0x1a, /* on tapes: a byte of what may be user information (redact.h) */
    CS_URL_BYTES = 8 + CS_URL_AUTHORITY_BYTES + CS_URL_PATH_BYTES, /* "https://" in front */
};

struct cs_url {
    char scheme[8];                         /* "http", "https"; "": the target did not say */
    char authority[CS_URL_AUTHORITY_BYTES]; /* host[:port], lower case; "": nobody said */
    char path[CS_URL_PATH_BYTES];           /* "/" and on, with the query if it is wanted */
    bool is_cut;                            /* the path goes on */
    bool is_hidden;                         /* so was a part of it, which is left out */
};

/*
 * The target of a request: origin-form, absolute-form or "*" (RFC 9112 section 3.2). false: it is
 * none of them, and *url is empty. One that was cut short is read as far as it goes.
 */
bool cs_url_read_target(struct cs_url *url, const char *target, size_t length,
                        enum cs_url_parts parts);

/* Bytes of "scheme://" in front (RFC 3986 section 3.1); 0: there is none. */
size_t cs_url_scheme_bytes(const char *text, size_t length);

/*
 * Of what follows "scheme://", all in front of the path. Where no port stands for one and an "@"
 * follows, a "/" between them is part of a password.
 */
size_t cs_url_authority_bytes(const char *text, size_t length);

/* Of a target that was cut, all but what may be the begin of user information. */
size_t cs_url_proven_bytes(const char *target, size_t length);

/* That of CONNECT: host:port. false: it is none, and *url is empty. */
bool cs_url_read_authority(struct cs_url *url, const char *authority, size_t length);

/* A Host field: what it says counts only if the target did not say it (RFC 9112 section 3.3). */
void cs_url_add_host(struct cs_url *url, const char *host, size_t length);

/*
 * The whole. `scheme` ("http" or "https": what carries the request) and `authority` (the peer's
 * name or address, an IPv6 address in brackets; what follows a "/" is not) stand in for what the
 * request did not say. The scheme's own port is dropped; an empty path is "/".
 */
void cs_url_write(const struct cs_url *url, const char *scheme, const char *authority,
                  char text[CS_URL_BYTES]);
