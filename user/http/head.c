/* SPDX-License-Identifier: MIT */
/* Lines end in CRLF or LF (RFC 9112 section 2.2). */
#include "user/http/head.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "user/http/field.h"

static const char version[] = "HTTP/1.";

enum { VERSION_BYTES = sizeof(version) }; /* with its digit, without NUL */

/* Takes a line off, without its end. false: its end was not seen; *line is what there is. */
static bool take_line(struct cs_http_text *from, struct cs_http_text *line)
{
    const char *end = from->length ? memchr(from->data, '\n', from->length) : NULL;
    size_t taken = end ? (size_t)(end - from->data) + 1 : from->length;

    *line = (struct cs_http_text){from->data, end ? taken - 1 : taken};
    if (end && line->length && line->data[line->length - 1] == '\r')
        line->length--;
    from->data += taken;
    from->length -= taken;
    return end != NULL;
}

static struct cs_http_text trim(const char *data, size_t length)
{
    while (length && (*data == ' ' || *data == '\t')) {
        data++;
        length--;
    }
    while (length && (data[length - 1] == ' ' || data[length - 1] == '\t'))
        length--;
    return (struct cs_http_text){data, length};
}

/* ---- fields --------------------------------------------------------------------------------- */

static void read_host(struct cs_http_head *head, struct cs_http_text value)
{
    head->host = value;
}

static void read_type(struct cs_http_head *head, struct cs_http_text value)
{
    head->content_type = value;
}

static void read_encoding(struct cs_http_head *head, struct cs_http_text value)
{
    if (!head->content_encoding.data)
        head->content_encoding = value;
}

static void read_origin(struct cs_http_head *head, struct cs_http_text value)
{
    head->origin = value;
}

static void read_referer(struct cs_http_head *head, struct cs_http_text value)
{
    head->referer = value;
}

static void read_timing_allow(struct cs_http_head *head, struct cs_http_text value)
{
    if (head->timing_allow_count < CS_HEAD_ALLOWS)
        head->timing_allow[head->timing_allow_count++] = value;
}

/* A repeated one must say the same (RFC 9112 section 6.3). */
static void read_length(struct cs_http_head *head, struct cs_http_text value)
{
    uint64_t number = 0;
    bool valid = value.length > 0 && value.length < 19; /* digits that always fit */

    for (size_t i = 0; i < value.length && valid; i++) {
        valid = isdigit((unsigned char)value.data[i]);
        number = number * 10 + (uint64_t)(value.data[i] - '0');
    }
    if (!valid || (head->has_length == CS_LENGTH_KNOWN && head->content_length != number))
        head->has_length = CS_LENGTH_INVALID;
    if (head->has_length == CS_LENGTH_INVALID)
        return;
    head->has_length = CS_LENGTH_KNOWN;
    head->content_length = number;
}

static void read_transfer_encoding(struct cs_http_head *head, struct cs_http_text value)
{
    const char *comma = value.length ? memrchr(value.data, ',', value.length) : NULL;
    const char *last = comma ? comma + 1 : value.data;
    struct cs_http_text coding = trim(last, value.length - (size_t)(last - value.data));

    head->has_transfer_encoding = true;
    head->is_chunked = coding.length == 7 && strncasecmp(coding.data, "chunked", 7) == 0;
}

/* RFC 9110 section 10.1.1 knows one, and case does not matter. */
static void read_expect(struct cs_http_head *head, struct cs_http_text value)
{
    head->expects_continue = value.length == 12 && !strncasecmp(value.data, "100-continue", 12);
}

static const struct {
    const char *name;
    void (*read)(struct cs_http_head *head, struct cs_http_text value);
} fields[] = {
    {"host", read_host},
    {"content-type", read_type},
    {"origin", read_origin},
    {"referer", read_referer},
    {"timing-allow-origin", read_timing_allow},
    {"content-encoding", read_encoding},
    {"content-length", read_length},
    {"transfer-encoding", read_transfer_encoding},
    {"expect", read_expect},
};

/* What is no field line is passed over, as is a folded one, which is part of a value. */
static void read_field(struct cs_http_head *head, struct cs_http_text line)
{
    const char *colon = memchr(line.data, ':', line.length);
    size_t name = colon ? (size_t)(colon - line.data) : 0;

    if (!colon || !cs_http_is_token(line.data, name))
        return;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (strlen(fields[i].name) == name && !strncasecmp(fields[i].name, line.data, name))
            fields[i].read(head, trim(colon + 1, line.length - name - 1));
    }
}

/* Up to the empty line. */
static enum cs_head_result read_fields(struct cs_http_head *head, struct cs_http_text *rest,
                                       const char *begin)
{
    struct cs_http_text line;

    while (take_line(rest, &line)) {
        if (line.length == 0) {
            head->length = (size_t)(rest->data - begin);
            return CS_HEAD_WHOLE;
        }
        read_field(head, line);
    }
    return CS_HEAD_CUT;
}

/* ---- start lines ---------------------------------------------------------------------------- */

static bool read_version(struct cs_http_head *head, const char *text, size_t length)
{
    if (length != VERSION_BYTES || memcmp(text, version, VERSION_BYTES - 1) != 0 ||
        !isdigit((unsigned char)text[VERSION_BYTES - 1]))
        return false;
    head->minor = text[VERSION_BYTES - 1] - '0';
    return true;
}

/* method SP request-target SP HTTP-version */
static bool read_request_line(struct cs_http_head *head, struct cs_http_text line)
{
    const char *end = line.data + line.length;
    const char *space = memchr(line.data, ' ', line.length);
    const char *last = memrchr(line.data, ' ', line.length);

    if (!space || last <= space + 1 || memchr(space + 1, ' ', (size_t)(last - space - 1)))
        return false;
    head->method = (struct cs_http_text){line.data, (size_t)(space - line.data)};
    head->target = (struct cs_http_text){space + 1, (size_t)(last - space - 1)};
    return cs_http_is_token(head->method.data, head->method.length) &&
           read_version(head, last + 1, (size_t)(end - last - 1));
}

/* RFC 9110 section 16.1, RFC 5789, RFC 4918; by which a line is known that has no end. */
static const char *const methods[] = {"GET",     "HEAD",  "POST",     "PUT",       "DELETE",
                                      "OPTIONS", "PATCH", "PROPFIND", "PROPPATCH", "REPORT"};
enum { METHODS = sizeof(methods) / sizeof(methods[0]) };

bool cs_http_head_is_torn(const struct cs_http_head *head)
{
    for (size_t i = 0; i < METHODS; i++) {
        size_t length = strlen(methods[i]), rest = head->method.length;

        if (rest < length && !memcmp(methods[i] + length - rest, head->method.data, rest))
            return true;
    }
    return false;
}

/* A method and a space, or what there is of them. */
static bool begins_with(struct cs_http_text line, const char *method)
{
    size_t length = strlen(method);
    size_t seen = line.length < length ? line.length : length;

    return seen && !memcmp(line.data, method, seen) &&
           (line.length <= length || line.data[length] == ' ');
}

/* Without its end nothing proves that a line is a request's, unless it says so in a word that is
 * registered. */
static enum cs_head_result read_cut_request_line(struct cs_http_head *head,
                                                 struct cs_http_text line)
{
    for (size_t i = 0; i < METHODS; i++) {
        size_t method = strlen(methods[i]);
        const char *space;

        if (!begins_with(line, methods[i]))
            continue;
        if (line.length <= method + 1) {
            head->method = line;
            return CS_HEAD_SHORT;
        }
        head->method = (struct cs_http_text){line.data, method};
        head->target = (struct cs_http_text){line.data + method + 1, line.length - method - 1};
        space = memchr(head->target.data, ' ', head->target.length);
        head->target_is_cut = !space;
        if (space)
            head->target.length = (size_t)(space - head->target.data);
        return head->target.length ? CS_HEAD_CUT : CS_HEAD_SHORT;
    }
    return CS_HEAD_SHORT;
}

static enum cs_head_result read_request(struct cs_http_head *head, struct cs_http_text rest)
{
    const char *begin = rest.data;
    struct cs_http_text line;

    do { /* a server ignores empty lines in front (RFC 9112 section 2.2) */
        head->start = (size_t)(rest.data - begin);
        if (!take_line(&rest, &line))
            return read_cut_request_line(head, line);
    } while (line.length == 0);
    if (!read_request_line(head, line))
        return CS_HEAD_FOREIGN;
    return read_fields(head, &rest, begin);
}

enum cs_head_result cs_http_head_read_request(struct cs_http_head *head, const void *data,
                                              size_t length)
{
    *head = (struct cs_http_head){.minor = -1};
    return read_request(head, (struct cs_http_text){data, length});
}

/* HTTP-version SP 3DIGIT [ SP [ reason-phrase ] ]: some servers leave the last SP out. */
static bool read_status_line(struct cs_http_head *head, struct cs_http_text line)
{
    const char *code = line.data + VERSION_BYTES + 1;

    if (line.length < VERSION_BYTES + 4 || !read_version(head, line.data, VERSION_BYTES) ||
        code[-1] != ' ')
        return false;
    for (int i = 0; i < 3; i++) {
        if (!isdigit((unsigned char)code[i]))
            return false;
        head->status = (uint16_t)(head->status * 10 + (code[i] - '0'));
    }
    return head->status >= 100 && (line.length == VERSION_BYTES + 4 || code[3] == ' ');
}

static enum cs_head_result read_response(struct cs_http_head *head, struct cs_http_text rest)
{
    const char *begin = rest.data;
    struct cs_http_text line;

    do { /* as a client does with those behind a body that was longer than it said */
        head->start = (size_t)(rest.data - begin);
        if (!take_line(&rest, &line))
            return CS_HEAD_SHORT;
    } while (line.length == 0);
    if (!read_status_line(head, line))
        return CS_HEAD_FOREIGN;
    return read_fields(head, &rest, begin);
}

enum cs_head_result cs_http_head_read_response(struct cs_http_head *head, const void *data,
                                               size_t length)
{
    *head = (struct cs_http_head){.minor = -1};
    return read_response(head, (struct cs_http_text){data, length});
}
