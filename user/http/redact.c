/* SPDX-License-Identifier: MIT */
/* Messages are walked through as http1.c does, over a turn that may go on. */
#include "user/http/redact.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "user/http/field.h"
#include "user/http/request.h"
#include "user/http/secret.h"
#include "user/http/span.h"
#include "user/http/url.h"

static void hide(uint8_t *data, size_t length)
{
    if (length)
        memset(data, 'x', length);
}

/* CR and LF stay: a line is a line, and its length is its length. So does what is hidden, and NUL,
 * which no field may hold. */
static void overwrite(uint8_t *data, size_t length, uint8_t byte)
{
    for (size_t i = 0; i < length; i++) {
        if (data[i] && data[i] != '\r' && data[i] != '\n' && data[i] != CS_URL_HIDDEN)
            data[i] = byte;
    }
}

static void blank(uint8_t *data, size_t length)
{
    overwrite(data, length, 'x');
}

/* What may be no secret, once more of it came: then nobody shall take what is left for the whole.
 */
static void hide_unproven(uint8_t *data, size_t length)
{
    overwrite(data, length, CS_URL_HIDDEN);
}

/* Length of the line with its end; without one, of all there is. */
static size_t line_bytes(const uint8_t *data, size_t length)
{
    const uint8_t *end = length ? memchr(data, '\n', length) : NULL;

    return end ? (size_t)(end - data) + 1 : length;
}

/* Where somebody sent such a byte, url.c leaves out as much. */
static bool is_hidden(uint8_t *data, size_t length)
{
    if (!length || !memchr(data, CS_URL_HIDDEN, length))
        return false;
    hide_unproven(data, length);
    return true;
}

/* ---- start lines and fields ----------------------------------------------------------------- */

/* User information, and what stands for a port but is none. */
static void redact_authority(uint8_t *data, size_t length)
{
    uint8_t *at = length ? memrchr(data, '@', length) : NULL;
    size_t user = at ? (size_t)(at - data) : 0;
    size_t host = user;
    size_t digits;

    if (is_hidden(data, length))
        return;
    blank(data, user);
    if (host + 1 < length && data[host + !!at] == '[')
        host += cs_span_until(data + host, length - host, "]");
    host += cs_span_until(data + host, length - host, ":");
    host += host < length;
    digits = host;
    while (digits < length && isdigit(data[digits]))
        digits++;
    if (digits < length)
        blank(data + host, length - host);
}

/* With its query; a fragment is in no URL. */
static void redact_path(uint8_t *data, size_t length)
{
    size_t path = cs_span_until(data, length, "#");
    struct cs_secret secret = {0};

    if (length && is_hidden(data + 1, length - 1))
        return;
    while (cs_secret_next((const char *)data, path, secret.at + secret.length, &secret))
        blank(data + secret.at, secret.length);
    if (path < length)
        blank(data + path + 1, length - path - 1);
}

/* Of one that is cut, what can go on as nothing else. */
static size_t scheme_bytes(const uint8_t *data, size_t length, bool is_cut)
{
    const char *text = (const char *)data;
    bool is_begun = is_cut && ((length < 7 && !strncasecmp("http://", text, length)) ||
                               (length < 8 && !strncasecmp("https://", text, length)));

    return is_begun ? length : cs_url_scheme_bytes(text, length);
}

static void redact_url(uint8_t *data, size_t length, bool is_cut)
{
    size_t proven = is_cut ? cs_url_proven_bytes((const char *)data, length) : length;
    size_t path = 0;

    hide_unproven(data + proven, length - proven);
    if (data[0] != '/') {
        size_t scheme = scheme_bytes(data, proven, is_cut);
        size_t authority =
            scheme + cs_url_authority_bytes((const char *)data + scheme, proven - scheme);
        if (is_cut && authority == proven)
            hide_unproven(data + scheme, authority - scheme);
        else
            redact_authority(data + scheme, authority - scheme);
        path = scheme ? authority : 0; /* of no URL at all */
    }
    redact_path(data + path, proven - path);
}

/* That of CONNECT is an authority (RFC 9112 section 3.2.3). */
static void redact_target(uint8_t *data, const struct cs_http_head *head)
{
    size_t length = head->target.length;
    struct cs_url url;

    if (head->method.length != 7 || memcmp(head->method.data, "CONNECT", 7) != 0)
        redact_url(data, length, head->target_is_cut);
    else if (cs_url_read_authority(&url, (const char *)data, length))
        redact_authority(data, length);
    else
        blank(data, length);
}

/* Whose it is, its origin says, without user information. */
static void redact_referer(uint8_t *data, size_t length)
{
    size_t scheme = cs_url_scheme_bytes((const char *)data, length);
    size_t authority = scheme ? cs_span_until(data + scheme, length - scheme, "/?#") : 0;

    redact_authority(data + scheme, authority);
    blank(data + scheme + authority, length - scheme - authority);
}

static bool is_word(const uint8_t *data, size_t length, const char *word)
{
    return length == strlen(word) && memcmp(data, word, length) == 0;
}

/* One; or in Timing-Allow-Origin a list of them, or "*". */
static void redact_origins(uint8_t *data, size_t length)
{
    size_t item, at = 0;

    for (; at < length; at += item) {
        item = cs_span_until(data + at, length - at, ", \t");
        if (!is_word(data + at, item, "*") && !is_word(data + at, item, "null"))
            redact_referer(data + at, item);
        item += at + item < length;
    }
}

/* What head.c reads, and what says how the connection goes on. */
static const struct kept {
    const char *name;
    void (*redact)(uint8_t *value, size_t length);
} kept[] = {
    {"host", redact_authority}, {"referer", redact_referer},
    {"origin", redact_origins}, {"timing-allow-origin", redact_origins},
    {"content-type", NULL},     {"content-encoding", NULL},
    {"content-length", NULL},   {"transfer-encoding", NULL},
    {"connection", NULL},       {"upgrade", NULL},
    {"expect", NULL},           {"date", NULL},
};

/* `is_cut`: one whose name may go on. */
static const struct kept *find_kept(const uint8_t *name, size_t length, bool is_cut)
{
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        size_t whole = strlen(kept[i].name);

        if ((is_cut ? whole >= length : whole == length) &&
            !strncasecmp(kept[i].name, (const char *)name, length))
            return &kept[i];
    }
    return NULL;
}

static size_t trimmed(const uint8_t *value, size_t length)
{
    while (length && strchr("\r\n \t", value[length - 1]) && value[length - 1])
        length--;
    return length;
}

/* A folded line, or one of no field, has no value that anybody reads. Of a line whose end did not
 * come yet a host may be no host: an "@" may come. "*" is nobody's. */
static void redact_field(uint8_t *line, size_t length)
{
    bool is_cut = line[length - 1] != '\n';
    size_t name = cs_span_until(line, length, ":");
    size_t value = name + 1, end;
    const struct kept *field = find_kept(line, name, is_cut && name == length);

    if (name == length || !cs_http_is_token((const char *)line, name)) {
        blank(line, field ? 0 : length);
        return;
    }
    while (value < length && (line[value] == ' ' || line[value] == '\t'))
        value++;
    end = value + trimmed(line + value, length - value);
    if (!field)
        blank(line + value, length - value);
    else if (field->redact && is_cut && !is_word(line + value, end - value, "*"))
        hide_unproven(line + value, length - value);
    else if (field->redact)
        field->redact(line + value, end - value);
}

/* How much of it is as `shape` says, in which "0" is any digit. */
static size_t bytes_like(const char *shape, const uint8_t *data, size_t length)
{
    size_t i = 0;

    while (i < length && shape[i] &&
           (shape[i] == '0' ? isdigit(data[i]) : data[i] == (uint8_t)shape[i]))
        i++;
    return i;
}

/* ---- messages ------------------------------------------------------------------------------- */

/* Behind the target of a line whose end did not come yet. */
static void redact_version(uint8_t *data, size_t length)
{
    size_t version = bytes_like(" HTTP/1.0", data, length);

    blank(data + version, length - version);
}

/* Returns its length; of one that is cut all there is. */
static size_t redact_head(uint8_t *data, size_t length, const struct cs_http_head *head)
{
    size_t line = head->start + line_bytes(data + head->start, length - head->start);
    size_t end = head->length ? head->length : length;

    if (head->target.length) {
        size_t target = (size_t)((const uint8_t *)head->target.data - data);

        redact_target(data + target, head);
        target += head->target.length;
        if (head->minor < 0)
            redact_version(data + target, length - target);
    }
    while (line < end) {
        size_t bytes = line_bytes(data + line, end - line);

        redact_field(data + line, bytes);
        line += bytes;
    }
    return end;
}

/* Of the lines that frame chunks the sizes stay, and what ends a size. */
static void redact_framing(const struct cs_http_body *body, bool is_size, uint8_t *byte)
{
    if (!is_size || body->kind == CS_BODY_UNKNOWN ||
        !(isxdigit(*byte) || body->step == CS_CHUNK_EXTENSION))
        blank(byte, 1);
}

/* Overwrites what of the turn the body takes; returns where it ends. */
static size_t redact_body(struct cs_http_body *body, uint8_t *data, size_t length)
{
    size_t offset = 0;

    while (offset < length && body->kind != CS_BODY_ENDED) {
        struct cs_http_piece piece = {0, data + offset, 1};
        struct cs_http_turn turn = {.length = 1, .pieces = &piece, .piece_count = 1};
        bool is_framing = body->kind == CS_BODY_CHUNKED && body->step != CS_CHUNK_DATA;
        bool is_size = is_framing && body->step == CS_CHUNK_SIZE;
        struct cs_http_seen seen;

        cs_http_seen_set(&seen, &turn);
        cs_http_body_take(body, &seen, 0);
        if (is_framing)
            redact_framing(body, is_size, data + offset);
        else
            hide(data + offset, 1);
        offset++;
    }
    return offset;
}

/* What is no message, but for empty lines, which are no less. */
static void hide_rest(uint8_t *data, size_t length)
{
    size_t lines = 0;

    while (lines < length && (data[lines] == '\r' || data[lines] == '\n'))
        lines++;
    hide(data + lines, length - lines);
}

static void redact_requests(struct cs_http_body body, uint8_t *data, size_t length)
{
    size_t offset = redact_body(&body, data, length);

    while (offset < length) {
        struct cs_http_head head;
        enum cs_head_result result =
            cs_http_head_read_request(&head, data + offset, length - offset);

        if (result == CS_HEAD_SHORT) { /* a method at most, so far */
            offset += head.start + head.method.length;
            break;
        }
        if (result == CS_HEAD_FOREIGN)
            break;
        offset += redact_head(data + offset, length - offset, &head);
        cs_http_body_of_request(&body, &head);
        offset += redact_body(&body, data + offset, length - offset);
    }
    hide_rest(data + offset, length - offset);
}

/* The body that follows; false: it is none of HTTP's. */
static bool begin_body(struct cs_http_body *body, const struct cs_http_head *head,
                       const char *method)
{
    cs_http_body_of_response(body, head, method);
    return head->status != 101 && (head->status >= 300 || strcmp(method, "CONNECT") != 0);
}

/* To requests from `slot` on; what comes unasked is nobody's. */
static void redact_responses(struct cs_http_body body, const struct cs_http_slot *slot,
                             uint8_t *data, size_t length)
{
    size_t offset = redact_body(&body, data, length);

    while (offset < length && slot) {
        struct cs_http_head head;
        enum cs_head_result result =
            cs_http_head_read_response(&head, data + offset, length - offset);

        if (result == CS_HEAD_SHORT) {
            offset += head.start;
            offset += bytes_like("HTTP/1.0 000 ", data + offset, length - offset);
        }
        if (result == CS_HEAD_SHORT || result == CS_HEAD_FOREIGN)
            break;
        offset += redact_head(data + offset, length - offset, &head);
        if (head.status < 200 && head.status != 101)
            continue;
        if (!begin_body(&body, &head, slot->exchange.method))
            break;
        offset += redact_body(&body, data + offset, length - offset);
        slot = slot->next;
    }
    hide_rest(data + offset, length - offset);
}

void cs_http1_redact(const struct cs_http1 *http1, const struct cs_http_slot *open,
                     enum cs_direction direction, uint8_t *data, size_t length)
{
    static const struct cs_http_slot untold; /* http1.c looks at the head of what answers it */

    if (http1->is_untold && !open)
        open = &untold;
    if (direction == CS_FROM_CLIENT)
        redact_requests(cs_http1_request_body(http1, data, length), data, length);
    else if (open && open->exchange.headers_ns)
        redact_responses(http1->body[CS_FROM_SERVER], open->next, data, length);
    else
        redact_responses((struct cs_http_body){0}, open, data, length);
}
