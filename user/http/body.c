/* SPDX-License-Identifier: MIT */
/* Bytes that were not captured are passed over where a length says how many they are; where the
 * next chunk size lies among them, the end of the body is not known any more. */
#include "user/http/body.h"

#include <ctype.h>
#include <string.h>

enum { SIZE_DIGITS = 15, LINE_BYTES_MAX = 255 }; /* a size of 15 hexadecimal digits always fits */

static void begin(struct cs_http_body *body, enum cs_body_kind kind, uint64_t left)
{
    *body = (struct cs_http_body){.kind = kind, .left = left, .step = CS_CHUNK_SIZE};
    if (kind == CS_BODY_LENGTH && left == 0)
        body->kind = CS_BODY_ENDED;
}

/* Without either field a request has no body. */
void cs_http_body_of_request(struct cs_http_body *body, const struct cs_http_head *head)
{
    if (head->has_transfer_encoding)
        begin(body, head->is_chunked ? CS_BODY_CHUNKED : CS_BODY_UNKNOWN, 0);
    else if (head->has_length == CS_LENGTH_INVALID)
        begin(body, CS_BODY_UNKNOWN, 0);
    else
        begin(body, CS_BODY_LENGTH, head->content_length);
}

bool cs_http_body_is_unlikely(const struct cs_http_head *head)
{
    static const char *const methods[] = {"GET", "HEAD", "DELETE", "OPTIONS", "CONNECT"};

    if (head->has_transfer_encoding || head->has_length == CS_LENGTH_INVALID)
        return false;
    if (head->has_length == CS_LENGTH_KNOWN)
        return head->content_length == 0;
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (head->method.length == strlen(methods[i]) &&
            !memcmp(head->method.data, methods[i], head->method.length))
            return true;
    }
    return false;
}

static bool has_no_body(const struct cs_http_head *head, const char *method)
{
    return head->status < 200 || head->status == 204 || head->status == 304 ||
           !strcmp(method, "HEAD") || (head->status < 300 && !strcmp(method, "CONNECT"));
}

void cs_http_body_of_response(struct cs_http_body *body, const struct cs_http_head *head,
                              const char *method)
{
    if (has_no_body(head, method))
        begin(body, CS_BODY_ENDED, 0);
    else if (head->has_transfer_encoding)
        begin(body, head->is_chunked ? CS_BODY_CHUNKED : CS_BODY_CLOSE, 0);
    else if (head->has_length == CS_LENGTH_INVALID)
        begin(body, CS_BODY_UNKNOWN, 0);
    else if (head->has_length == CS_LENGTH_KNOWN)
        begin(body, CS_BODY_LENGTH, head->content_length);
    else
        begin(body, CS_BODY_CLOSE, 0);
}

/* ---- chunks (RFC 9112 section 7.1) ---------------------------------------------------------- */

static void lose(struct cs_http_body *body)
{
    body->kind = CS_BODY_UNKNOWN;
}

static void end_size_line(struct cs_http_body *body)
{
    bool is_last = body->left == 0;

    body->step = is_last ? CS_CHUNK_TRAILER : CS_CHUNK_DATA;
    body->content_bytes += body->left;
    body->left += is_last ? 0 : 2; /* CRLF behind the data */
    if (body->line_bytes == 0)
        lose(body);
    body->line_bytes = 0;
}

static void read_size_byte(struct cs_http_body *body, uint8_t byte)
{
    if (byte == '\n') {
        end_size_line(body);
    } else if (body->step == CS_CHUNK_EXTENSION || byte == '\r') {
        return;
    } else if (isxdigit(byte) && body->line_bytes < SIZE_DIGITS) {
        body->left =
            body->left << 4 | (uint64_t)(isdigit(byte) ? byte - '0' : (byte | 32) - 'a' + 10);
        body->line_bytes++;
    } else if (byte == ';' || byte == ' ' || byte == '\t') {
        body->step = CS_CHUNK_EXTENSION;
    } else {
        lose(body);
    }
}

/* Trailer fields up to an empty line. */
static void read_trailer_byte(struct cs_http_body *body, uint8_t byte)
{
    if (byte == '\n' && body->line_bytes == 0)
        body->kind = CS_BODY_ENDED;
    else if (byte == '\n')
        body->line_bytes = 0;
    else if (byte != '\r' && body->line_bytes < LINE_BYTES_MAX)
        body->line_bytes++;
}

static uint64_t skip(struct cs_http_body *body, uint64_t available)
{
    uint64_t taken = body->left < available ? body->left : available;

    body->left -= taken;
    return taken;
}

static uint64_t take_chunks(struct cs_http_body *body, const struct cs_http_seen *seen,
                            uint64_t offset)
{
    while (offset < seen->turn->length && body->kind == CS_BODY_CHUNKED) {
        if (body->step == CS_CHUNK_DATA) {
            offset += skip(body, seen->turn->length - offset);
            if (body->left == 0)
                body->step = CS_CHUNK_SIZE;
        } else if (offset >= seen->length) {
            lose(body);
        } else if (body->step == CS_CHUNK_TRAILER) {
            read_trailer_byte(body, seen->data[offset++]);
        } else {
            read_size_byte(body, seen->data[offset++]);
        }
    }
    return body->kind == CS_BODY_UNKNOWN ? seen->turn->length : offset;
}

uint64_t cs_http_body_take(struct cs_http_body *body, const struct cs_http_seen *seen,
                           uint64_t offset)
{
    uint64_t rest = seen->turn->length - offset;
    uint64_t taken;

    switch (body->kind) {
    case CS_BODY_ENDED:
        return offset;
    case CS_BODY_LENGTH:
        taken = skip(body, rest);
        body->content_bytes += taken;
        if (body->left == 0)
            body->kind = CS_BODY_ENDED;
        return offset + taken;
    case CS_BODY_CHUNKED:
        return take_chunks(body, seen, offset);
    case CS_BODY_CLOSE:
        body->content_bytes += rest;
        return seen->turn->length;
    case CS_BODY_UNKNOWN:
        break;
    }
    return seen->turn->length;
}
