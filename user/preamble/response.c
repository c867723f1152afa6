/* SPDX-License-Identifier: MIT */
/* A body is not read: it is passed over, whether its bytes came or not. */
#include "user/preamble/response.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    BODY_MAX_BYTES = 1 << 24, /* far more than is ever captured: a longer one has no end here */
    CHUNK_LINE_BYTES = 32,    /* the size in hexadecimal; extensions may follow */
};

static const char content_length[] = "content-length:";
static const char transfer_encoding[] = "transfer-encoding:";

/* 0: it is 0 or none. Past the limit, how far does not matter. */
static __u32 read_number(const char *text, int base)
{
    unsigned long long number = strtoull(text, NULL, base);

    return number > BODY_MAX_BYTES ? BODY_MAX_BYTES + 1 : (__u32)number;
}

void cs_response_field(struct cs_response *response, const char *field)
{
    if (strncasecmp(field, content_length, strlen(content_length)) == 0) {
        response->content_bytes = read_number(field + strlen(content_length), 10);
        response->has_length = true;
    } else if (strncasecmp(field, transfer_encoding, strlen(transfer_encoding)) == 0) {
        response->chunked = strcasestr(field, "chunked") != NULL;
    }
}

/* A client that sent its ClientHello ahead of the answer was refused all the same. */
static void ask_again(struct cs_preamble *preamble)
{
    cs_talk_begin(preamble);
}

static bool skip_trailer(struct cs_preamble *preamble)
{
    if (!cs_line_read(&preamble->line, &preamble->server, '\n', 2))
        return false;
    if (cs_line_is_empty(&preamble->line))
        ask_again(preamble);
    return true;
}

static bool skip_chunk(struct cs_preamble *preamble);

static bool skip_chunk_end(struct cs_preamble *preamble)
{
    if (!cs_line_read(&preamble->line, &preamble->server, '\n', 0))
        return false;
    preamble->step = skip_chunk;
    return true;
}

static bool skip_chunk(struct cs_preamble *preamble)
{
    __u32 bytes;

    if (!cs_line_read(&preamble->line, &preamble->server, '\n', CHUNK_LINE_BYTES))
        return false;
    bytes = read_number(preamble->line.text, 16);
    if (bytes > BODY_MAX_BYTES) {
        cs_talk_over(preamble);
    } else if (bytes == 0) {
        preamble->step = skip_trailer;
    } else {
        cs_stream_skip(&preamble->server, bytes);
        preamble->step = skip_chunk_end;
    }
    return true;
}

void cs_response_skip_body(struct cs_preamble *preamble)
{
    const struct cs_response *response = &preamble->response;

    if (response->chunked) {
        preamble->step = skip_chunk;
    } else if (response->has_length && response->content_bytes <= BODY_MAX_BYTES) {
        cs_stream_skip(&preamble->server, response->content_bytes);
        ask_again(preamble);
    } else { /* until close */
        cs_talk_over(preamble);
    }
}
