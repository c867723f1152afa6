/* SPDX-License-Identifier: MIT */
/* Messages are walked through as http1.c does, but over bytes that may begin anywhere. */
#include "user/http/redact.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "user/http/body.h"
#include "user/http/secret.h"

/* CR and LF stay: a line is a line, and its length is its length. */
static void blank(uint8_t *data, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (data[i] != '\r' && data[i] != '\n')
            data[i] = 'x';
    }
}

static size_t span_until(const uint8_t *data, size_t length, const char *delimiters)
{
    size_t i = 0;

    while (i < length && (data[i] == '\0' || !strchr(delimiters, data[i])))
        i++;
    return i;
}

/* Length of the line with its end; without one, of all there is. */
static size_t line_bytes(const uint8_t *data, size_t length)
{
    const uint8_t *end = length ? memchr(data, '\n', length) : NULL;

    return end ? (size_t)(end - data) + 1 : length;
}

/* ---- start lines and fields ----------------------------------------------------------------- */

/* User information, and what stands for a port but is none. */
static void redact_authority(uint8_t *data, size_t length)
{
    uint8_t *at = length ? memrchr(data, '@', length) : NULL;
    size_t user = at ? (size_t)(at - data) : 0;
    size_t host = user;

    blank(data, user);
    if (host + 1 < length && data[host + !!at] == '[')
        host += span_until(data + host, length - host, "]");
    host += span_until(data + host, length - host, ":");
    for (size_t i = host + 1; i < length; i++) {
        if (!isdigit(data[i]))
            blank(data + i, 1);
    }
}

static void redact_parameter(uint8_t *data, size_t length)
{
    size_t name = span_until(data, length, "=");

    if (name < length && cs_secret_is((const char *)data, name))
        blank(data + name + 1, length - name - 1);
}

static void redact_target(uint8_t *data, size_t length)
{
    uint8_t *scheme = memmem(data, length, "://", 3);

    if (length && data[0] != '/' && scheme) {
        size_t skipped = (size_t)(scheme + 3 - data);
        size_t authority = span_until(data + skipped, length - skipped, "/?#");

        redact_authority(data + skipped, authority);
        data += skipped + authority;
        length -= skipped + authority;
    }
    while (length) {
        size_t part = span_until(data, length, "/;?&#");

        redact_parameter(data, part);
        if (part < length && data[part] == '#')
            blank(data + part + 1, length - part - 1);
        part += part < length;
        data += part;
        length -= part;
    }
}

/* What head.c reads, and what says how the connection goes on. */
static bool is_kept(const uint8_t *name, size_t length)
{
    static const char *const kept[] = {"content-type",   "content-encoding",
                                       "content-length", "transfer-encoding",
                                       "connection",     "upgrade",
                                       "expect",         "date",
                                       "origin",         "timing-allow-origin"};

    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        if (strlen(kept[i]) == length && !strncasecmp(kept[i], (const char *)name, length))
            return true;
    }
    return false;
}

/* `is_body`: it may as well be one, so that names mean nothing, either. */
static void redact_field(uint8_t *line, size_t length, bool is_body)
{
    size_t name = span_until(line, length, ":");
    size_t value = name < length ? name + 1 : 0;

    while (value < length && (line[value] == ' ' || line[value] == '\t'))
        value++;
    if (value && name == 4 && !strncasecmp((const char *)line, "host", 4))
        redact_authority(line + value, span_until(line + value, length - value, "\r\n \t"));
    else if (value && !is_body)
        blank(line + value, is_kept(line, name) ? 0 : length - value);
    else if (!value || !is_kept(line, name))
        blank(line, length);
}

/* ---- messages ------------------------------------------------------------------------------- */

static enum cs_head_result read_head(struct cs_http_head *head, const uint8_t *data, size_t length)
{
    enum cs_head_result result = cs_http_head_read_response(head, data, length);

    if (result == CS_HEAD_WHOLE || result == CS_HEAD_CUT)
        return result;
    return cs_http_head_read_request(head, data, length);
}

static void redact_head(uint8_t *data, size_t length, const struct cs_http_head *head)
{
    size_t line = head->start + line_bytes(data + head->start, length - head->start);

    if (head->target.length)
        redact_target(data + ((const uint8_t *)head->target.data - data), head->target.length);
    while (line < length) {
        size_t bytes = line_bytes(data + line, length - line);

        redact_field(data + line, bytes, false);
        line += bytes;
    }
}

/* Overwrites what of the piece the body takes, but for chunk sizes; returns where it ends. */
static size_t redact_body(struct cs_http_body *body, uint8_t *data, size_t length)
{
    size_t offset = 0;

    while (offset < length && body->kind != CS_BODY_ENDED) {
        struct cs_http_piece piece = {0, data + offset, 1};
        struct cs_http_turn turn = {.length = 1, .pieces = &piece, .piece_count = 1};
        bool is_size = body->kind == CS_BODY_CHUNKED && body->step == CS_CHUNK_SIZE;
        struct cs_http_seen seen;

        cs_http_seen_set(&seen, &turn);
        cs_http_body_take(body, &seen, 0);
        if (!is_size || body->kind == CS_BODY_UNKNOWN || !isxdigit(data[offset]))
            blank(data + offset, 1);
        offset++;
    }
    return offset;
}

/* Messages from the first byte on. Returns where there is none. */
static size_t redact_messages(uint8_t *data, size_t length)
{
    size_t offset = 0;

    while (offset < length) {
        struct cs_http_body body;
        struct cs_http_head head;
        enum cs_head_result result = read_head(&head, data + offset, length - offset);

        if (result != CS_HEAD_WHOLE && result != CS_HEAD_CUT)
            break;
        if (result == CS_HEAD_CUT) {
            redact_head(data + offset, length - offset, &head);
            return length;
        }
        if (head.status)
            cs_http_body_of_response(&body, &head, "");
        else
            cs_http_body_of_request(&body, &head);
        redact_head(data + offset, head.length, &head);
        offset += head.length;
        offset += redact_body(&body, data + offset, length - offset);
    }
    return offset;
}

/* A size, its end of line and nothing else that a text would have. */
static bool begins_with_chunk(const uint8_t *data, size_t length)
{
    size_t digits = 0;

    while (digits < length && digits < 8 && isxdigit(data[digits]))
        digits++;
    return digits && length - digits >= 2 && data[digits] == '\r' && data[digits + 1] == '\n';
}

void cs_http_redact(uint8_t *data, size_t length)
{
    size_t offset = redact_messages(data, length);

    if (offset == 0 && begins_with_chunk(data, length)) {
        struct cs_http_body body = {.kind = CS_BODY_CHUNKED};

        offset = redact_body(&body, data, length);
    }
    while (offset < length) {
        size_t bytes = line_bytes(data + offset, length - offset);
        size_t messages = redact_messages(data + offset, length - offset);

        if (messages == 0)
            redact_field(data + offset, bytes, true);
        offset += messages ? messages : bytes;
    }
}
