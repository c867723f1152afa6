/* SPDX-License-Identifier: MIT */
/*
 * Where a message of HTTP/1 ends (RFC 9112 section 6): how its body is framed, and how far into a
 * turn it goes. Of the body itself only chunk sizes are read; most of it was never captured.
 */
#pragma once

#include "user/http/head.h"
#include "user/http/seen.h"

enum cs_body_kind {
    CS_BODY_ENDED,   /* nothing more: the next message follows */
    CS_BODY_LENGTH,  /* `left` bytes more */
    CS_BODY_CHUNKED, /* known so far to the byte */
    CS_BODY_CLOSE,   /* until the server closes */
    CS_BODY_UNKNOWN, /* its end cannot be known: a head or a chunk size was not seen */
};

enum cs_chunk_step { CS_CHUNK_SIZE, CS_CHUNK_EXTENSION, CS_CHUNK_DATA, CS_CHUNK_TRAILER };

struct cs_http_body {
    enum cs_body_kind kind;
    uint64_t left;          /* LENGTH; CHUNKED: of the chunk, with its CRLF */
    uint64_t content_bytes; /* of what went by; UNKNOWN: not known */
    enum cs_chunk_step step;
    uint8_t line_bytes; /* of a size: digits so far; of a trailer: bytes so far, capped */
};

void cs_http_body_of_request(struct cs_http_body *body, const struct cs_http_head *head);

/*
 * A request without a body, as far as a head without its end says; where that says nothing, by its
 * method (RFC 9110 section 9.3).
 */
bool cs_http_body_is_unlikely(const struct cs_http_head *head);

/* The final response to `method`. */
void cs_http_body_of_response(struct cs_http_body *body, const struct cs_http_head *head,
                              const char *method);

/* Takes what of the turn, from `offset` on, belongs to the body; returns where that ends. */
uint64_t cs_http_body_take(struct cs_http_body *body, const struct cs_http_seen *seen,
                           uint64_t offset);
