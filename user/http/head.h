/* SPDX-License-Identifier: MIT */
/*
 * The head of one HTTP/1 message (RFC 9112): start line and the fields that an entry or the framing
 * needs. It reads what was captured, which may end anywhere, and keeps nothing: texts are borrowed.
 *
 * Why own code: http-parser, which Debian has, is no longer maintained and, like llhttp (which
 * Debian 12 lacks), wants every byte of every body; here most bytes were never captured. What is
 * left to read is lines.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cs_http_text {
    const char *data;
    size_t length;
};

enum cs_head_result {
    CS_HEAD_WHOLE,
    CS_HEAD_CUT,     /* it is one, but its end was not seen */
    CS_HEAD_SHORT,   /* too little to say */
    CS_HEAD_FOREIGN, /* it is none */
};

enum { CS_HEAD_ALLOWS = 4 }; /* fields of the same name; more are let go */

enum cs_head_length { CS_LENGTH_NONE, CS_LENGTH_KNOWN, CS_LENGTH_INVALID };

struct cs_http_head {
    size_t length; /* WHOLE: in bytes, with the empty line and empty lines in front */
    size_t start;  /* of the start line: empty lines in front of it are skipped */

    struct cs_http_text method; /* requests; SHORT: with its space, as far as it came */
    struct cs_http_text target;
    bool target_is_cut;
    uint16_t status; /* responses */
    int minor;       /* of HTTP/1.x; -1: the line was cut before it */

    enum cs_head_length has_length;
    uint64_t content_length;
    bool has_transfer_encoding;
    bool is_chunked; /* the last transfer coding is "chunked" */
    bool expects_continue;
    struct cs_http_text host;
    struct cs_http_text content_type;
    struct cs_http_text content_encoding; /* the first; there is hardly ever a second */
    struct cs_http_text origin;
    struct cs_http_text referer;
    struct cs_http_text timing_allow[CS_HEAD_ALLOWS];
    size_t timing_allow_count;
};

enum cs_head_result cs_http_head_read_request(struct cs_http_head *head, const void *data,
                                              size_t length);
/* Of a request: its method is the rest of one ("ET"), so it may have begun in front of the data. */
bool cs_http_head_is_torn(const struct cs_http_head *head);
enum cs_head_result cs_http_head_read_response(struct cs_http_head *head, const void *data,
                                               size_t length);
