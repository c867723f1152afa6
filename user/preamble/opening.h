/* SPDX-License-Identifier: MIT */
/*
 * How the beginnings of what a client may say are told apart: by their first bytes alone. Each
 * matcher looks at a growing start of the same bytes, so its verdict must not change once given.
 */
#pragma once

#include <stddef.h>

#include <linux/types.h>

enum cs_match { CS_MATCH_NO, CS_MATCH_MORE, CS_MATCH_YES };

/* YES may also tell the length of the whole message, from its first byte on. */
typedef enum cs_match cs_matcher(const __u8 *data, size_t length, size_t *message_bytes);

/* Do the bytes begin with the pattern of `bytes`? YES only once `wanted`, no fewer, are there. */
enum cs_match cs_match_bytes(const __u8 *data, size_t length, const void *pattern, size_t bytes,
                             size_t wanted);

/* ---- binary.c ------------------------------------------------------------------------------- */

cs_matcher cs_match_tls;
cs_matcher cs_match_socks4;
cs_matcher cs_match_socks5;
cs_matcher cs_match_proxy_v2; /* HAProxy's PROXY protocol */
cs_matcher cs_match_postgres; /* SSLRequest, GSSENCRequest */
cs_matcher cs_match_mysql;    /* SSLRequest */
cs_matcher cs_match_rdp;      /* X.224 connection request in TPKT */

/* ---- ldap.c --------------------------------------------------------------------------------- */

cs_matcher cs_match_ldap; /* StartTLS */

/* ---- text.c --------------------------------------------------------------------------------- */

cs_matcher cs_match_connect;
cs_matcher cs_match_proxy_v1;
cs_matcher cs_match_text; /* commands that precede STARTTLS */

/* ---- xmpp.c --------------------------------------------------------------------------------- */

cs_matcher cs_match_xmpp; /* tags that precede TLS */
cs_matcher cs_match_space;
