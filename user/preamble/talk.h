/* SPDX-License-Identifier: MIT */
/*
 * What the parsers of this room share: the two directions, the facts, and the step that is next.
 * Each step waits for bytes of one direction that it chooses itself, so that nothing depends on the
 * order in which the two directions arrive.
 */
#pragma once

#include "user/preamble/preamble.h"
#include "user/preamble/reader.h"

/* Goes on by one piece of the conversation. false: its bytes have not come. */
typedef bool cs_step(struct cs_preamble *preamble);

enum { CS_STATUS_TEXT_BYTES = 4 };

/* The response of an HTTP proxy, as far as it must be known to find the next one. */
struct cs_response {
    char status[CS_STATUS_TEXT_BYTES]; /* three digits */
    bool chunked;
    bool has_length;
    __u32 content_bytes;
};

struct cs_preamble {
    struct cs_preamble_facts facts;
    struct cs_stream client;
    struct cs_stream server;
    cs_step *step; /* NULL: over, the bytes are gone and chunks are ignored */
    struct cs_line line;
    struct cs_response response;
};

/* ---- opening.c ------------------------------------------------------------------------------ */

/* What the client says next is judged as if it came first. */
void cs_talk_begin(struct cs_preamble *preamble);

/* ---- talk.c --------------------------------------------------------------------------------- */

void cs_talk_over(struct cs_preamble *preamble);
void cs_talk_plain(struct cs_preamble *preamble, __u64 ts_ns);

/* Who answers is no proxy: what looked like asking for a tunnel was payload. */
void cs_talk_no_tunnel(struct cs_preamble *preamble, __u64 ts_ns);

/* The client asked for a tunnel: what was known of one before is forgotten. */
void cs_talk_ask(struct cs_preamble *preamble, enum cs_tunnel_kind kind);

/* A host of printable ASCII that fits; of any other none is told. */
void cs_talk_target(struct cs_preamble *preamble, const char *host, size_t length, __u16 port);
void cs_talk_target_address(struct cs_preamble *preamble, int family, const void *address,
                            __u16 port);

/* The proxy said yes: what the client says now follows the same rules from the start. */
void cs_talk_open(struct cs_preamble *preamble, __u64 ts_ns);

/* The proxy said no. What is next is left to the caller. */
void cs_talk_refuse(struct cs_preamble *preamble, __u64 ts_ns, const char *code,
                    const char *detail);

/* ---- the parsers: their first steps ---------------------------------------------------------- */

cs_step cs_socks4_request;
cs_step cs_socks5_greeting;
cs_step cs_connect_request;
