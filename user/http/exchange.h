/* SPDX-License-Identifier: MIT */
/*
 * One request and its response, as entries are made from it: facts and times, no bodies, no header
 * fields but those named here. 0 of a time means it did not happen or was not seen.
 */
#pragma once

#include "user/http/fetch.h"
#include "user/http/url.h"

enum cs_http_version { CS_HTTP_NONE, CS_HTTP_1_0, CS_HTTP_1_1, CS_HTTP_2 };

enum {
    CS_HTTP_METHOD_BYTES = 24,
    CS_HTTP_TYPE_BYTES = 128,    /* "type/subtype": RFC 6838 section 4.2 allows 127 each */
    CS_HTTP_ENCODING_BYTES = 32, /* as said, lower case: "gzip", "br", "gzip, br" */
};

enum cs_http_reset { CS_HTTP_NOT_RESET, CS_HTTP_RESET_BY_CLIENT, CS_HTTP_RESET_BY_SERVER };

#define CS_HTTP_UNKNOWN_BYTES UINT64_MAX

enum cs_http_flag {
    CS_HTTP_PIPELINED = 1 << 0,    /* sent before the response to an earlier one had ended */
    CS_HTTP_TUNNEL = 1 << 1,       /* CONNECT that was granted: what follows is not HTTP's */
    CS_HTTP_UPGRADED = 1 << 2,     /* 101: another protocol follows on this connection */
    CS_HTTP_REQUEST_CUT = 1 << 3,  /* its head did not end within what was seen */
    CS_HTTP_RESPONSE_CUT = 1 << 4, /* so the response's: type and encoding may be missing */
    CS_HTTP_NO_RESPONSE = 1 << 5,  /* the connection ended, or the stream was reset, without one */
    CS_HTTP_INCOMPLETE = 1 << 6,   /* the response is shorter than it said */
    CS_HTTP_LOST = 1 << 7,         /* the thread was lost: there may have been a response */
    CS_HTTP_PUSHED = 1 << 8,       /* HTTP/2: nobody asked (RFC 9113 section 8.4) */
    CS_HTTP_TICKET = 1 << 9,       /* TLS 1.3: what began the response may be a session ticket */
};

struct cs_http_exchange {
    enum cs_http_version version; /* of the connection's requests; a response may say 1.0 */
    uint32_t flags;               /* enum cs_http_flag */
    uint32_t stream_id;           /* HTTP/2; 0: HTTP/1 */
    bool is_first;                /* HTTP/2: no stream was opened before */
    enum cs_http_reset reset;     /* HTTP/2: of the stream, before the response was whole */
    const char *reset_reason;     /* its code's name (RFC 9113 section 7), static; NULL: not seen */
    char method[CS_HTTP_METHOD_BYTES];
    struct cs_url url;
    uint64_t request_start_ns; /* first byte of the request line or of the HEADERS frame */
    uint64_t request_end_ns;   /* last byte of head and body, as far as it was seen */
    uint64_t interim_ns;       /* first byte of the first 1xx */
    uint64_t headers_ns;       /* first byte of the final response, which 101 is, too */
    uint64_t response_end_ns;  /* last byte of it before the next request or the close */
    uint16_t status;           /* 0: none was seen */
    uint64_t request_bytes;    /* on the wire, head and body; HTTP/2: frames with their headers */
    uint64_t response_bytes;   /* same, interim responses included */
    uint64_t body_bytes;       /* of the response's content, as encoded (encodedBodySize) */
    char content_type[CS_HTTP_TYPE_BYTES]; /* essence: lower case, no parameters; "": none */
    char content_encoding[CS_HTTP_ENCODING_BYTES];
    struct cs_http_fetch fetch; /* whose; written nowhere */
};
