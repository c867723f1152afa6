/* SPDX-License-Identifier: MIT */
/*
 * HTTP CONNECT (RFC 9110 section 9.3.6): the request and the head of the response. Any 2xx opens
 * the tunnel right behind its head. After a refusal the client may ask again on the same
 * connection, with credentials: response.c finds the end of the response then. The request's header
 * fields, credentials among them, pass unread.
 */
#include "user/preamble/response.h"

#include <stdlib.h>
#include <string.h>

enum { PORT_MAX = 65535, PORT_DIGITS = 5 };

static const char method[] = "CONNECT ";
static const char digits[] = "0123456789";

/* "HTTP/1.x" (RFC 9112 section 2.3): later versions are not text. */
static bool is_version(const char *text)
{
    return strncmp(text, "HTTP/1.", 7) == 0 && strspn(text + 7, digits) == 1;
}

static bool read_port(const char *text, size_t length, __u16 *port)
{
    unsigned long number = strtoul(text, NULL, 10);

    if (length == 0 || length > PORT_DIGITS || strspn(text, digits) != length)
        return false;
    *port = (__u16)number;
    return number > 0 && number <= PORT_MAX;
}

/* "host:port" of `length`: authority-form, in which the port is no option (RFC 9112 section 3.2.3).
 */
static bool read_authority(struct cs_preamble *preamble, const char *text, size_t length)
{
    const char *colon = memrchr(text, ':', length);
    size_t host_bytes = colon ? (size_t)(colon - text) : 0;
    __u16 port;

    if (host_bytes == 0 || !read_port(colon + 1, length - host_bytes - 1, &port))
        return false;
    if (text[0] == '[' && host_bytes > 2 && text[host_bytes - 1] == ']') {
        text++;
        host_bytes -= 2;
    } else if (memchr(text, ':', host_bytes)) {
        return false;
    }
    cs_talk_target(preamble, text, host_bytes, port);
    return preamble->facts.target_host[0] != '\0';
}

static bool read_request_line(struct cs_preamble *preamble, const char *text)
{
    const char *authority = text + strlen(method);
    const char *end = strchr(authority, ' ');

    return end && is_version(end + 1) &&
           read_authority(preamble, authority, (size_t)(end - authority));
}

/* ---- the response --------------------------------------------------------------------------- */

static bool read_status(struct cs_preamble *preamble);

static bool read_head_of_success(struct cs_preamble *preamble)
{
    struct cs_line *line = &preamble->line;

    if (!cs_line_read(line, &preamble->server, '\n', 2))
        return false;
    if (cs_line_is_empty(line))
        cs_talk_open(preamble, line->end_ns);
    return true;
}

static bool skip_interim_head(struct cs_preamble *preamble)
{
    if (!cs_line_read(&preamble->line, &preamble->server, '\n', 2))
        return false;
    if (cs_line_is_empty(&preamble->line))
        preamble->step = read_status;
    return true;
}

static bool read_head_of_refusal(struct cs_preamble *preamble)
{
    struct cs_line *line = &preamble->line;

    if (!cs_line_read(line, &preamble->server, '\n', CS_LINE_KEEP_BYTES))
        return false;
    if (cs_line_is_empty(line))
        cs_response_skip_body(preamble);
    else
        cs_response_field(&preamble->response, line->text);
    return true;
}

static void refuse(struct cs_preamble *preamble, char *status)
{
    char *code = preamble->response.status;

    status[strcspn(status, "\r")] = '\0';
    preamble->response = (struct cs_response){0};
    memcpy(code, status, CS_STATUS_TEXT_BYTES - 1);
    cs_talk_refuse(preamble, preamble->line.end_ns, code, status);
    preamble->step = read_head_of_refusal;
}

/* HTTP-version SP 3DIGIT SP [ reason-phrase ] (RFC 9112 section 4). */
static bool read_status(struct cs_preamble *preamble)
{
    struct cs_line *line = &preamble->line;
    char *status;

    if (!cs_line_read(line, &preamble->server, '\n', CS_LINE_KEEP_BYTES))
        return false;
    status = strchr(line->text, ' ');
    if (!status || !is_version(line->text) ||
        strspn(status + 1, digits) != CS_STATUS_TEXT_BYTES - 1)
        cs_talk_no_tunnel(preamble, line->end_ns);
    else if (status[1] == '1')
        preamble->step = skip_interim_head;
    else if (status[1] == '2')
        preamble->step = read_head_of_success;
    else
        refuse(preamble, status + 1);
    return true;
}

/* ---- the request ---------------------------------------------------------------------------- */

static bool skip_request_head(struct cs_preamble *preamble)
{
    if (!cs_line_read(&preamble->line, &preamble->client, '\n', 2))
        return false;
    if (cs_line_is_empty(&preamble->line))
        preamble->step = read_status;
    return true;
}

bool cs_connect_request(struct cs_preamble *preamble)
{
    struct cs_line *line = &preamble->line;

    if (!cs_line_read(line, &preamble->client, '\n', CS_LINE_KEEP_BYTES))
        return false;
    cs_talk_ask(preamble, CS_TUNNEL_CONNECT);
    preamble->step = skip_request_head;
    if (!read_request_line(preamble, line->text))
        cs_talk_no_tunnel(preamble, line->end_ns);
    return true;
}
