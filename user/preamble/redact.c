/* SPDX-License-Identifier: MIT */
/* Where credentials lie in a chunk. A ClientHello must never be taken for a message with some. */
#include "user/preamble/redact.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum {
    BLANK = '*',
    SOCKS4_REQUEST_BYTES = 8, /* USERID and NUL follow */
    PROXY_V1_MAX_BYTES = 107, /* the PROXY protocol's specification, section 2.1 */
    PROXY_V2_HEADER_BYTES = 16,
    TLS_HANDSHAKE = 0x16,
    TEXT_AT_LEAST_BYTES = 16, /* fewer may be text by chance */
};

static const char method[] = "CONNECT ";
static const char version[] = " HTTP/1."; /* and a digit */

struct text {
    char *at;
    size_t length;
};

/* VER 1, ULEN, UNAME, PLEN, PASSWD (RFC 1929 section 2); a request may follow at once. */
static void redact_password(struct text text)
{
    const __u8 *bytes = (const __u8 *)text.at;
    size_t name, password, end;

    if (text.length < 2 || bytes[0] != 1)
        return;
    name = bytes[1];
    if (text.length < 3 + name)
        return;
    password = bytes[2 + name];
    end = 3 + name + password;
    if (end > text.length || (end < text.length && bytes[end] != 5))
        return;
    memset(text.at + 2, BLANK, name);
    memset(text.at + 3 + name, BLANK, password);
}

/* VER 5, NMETHODS, METHODS (RFC 1928 section 3); a client may send on without waiting. */
static void redact_socks5(struct text text)
{
    size_t greeting = text.length < 2 ? text.length : 2 + (size_t)(__u8)text.at[1];

    if (greeting < text.length)
        redact_password((struct text){text.at + greeting, text.length - greeting});
}

static void redact_socks4(struct text text)
{
    if (text.length <= SOCKS4_REQUEST_BYTES || text.at[1] < 1 || text.at[1] > 2)
        return;
    memset(text.at + SOCKS4_REQUEST_BYTES, BLANK,
           strnlen(text.at + SOCKS4_REQUEST_BYTES, text.length - SOCKS4_REQUEST_BYTES));
}

/* ---- the head of a CONNECT request ----------------------------------------------------------- */

static bool begins(struct text text, const char *with)
{
    size_t length = strlen(with);

    return text.length >= length && memcmp(text.at, with, length) == 0;
}

/* Up to its end, and without it. */
static struct text first_line(struct text text)
{
    const char *end = memchr(text.at, '\n', text.length);

    if (end)
        text.length = (size_t)(end - text.at);
    if (text.length && text.at[text.length - 1] == '\r')
        text.length--;
    return text;
}

static struct text behind(struct text text, struct text line)
{
    char *end = line.at + line.length;
    char *stop = text.at + text.length;

    if (end < stop && *end == '\r')
        end++;
    if (end < stop && *end == '\n')
        end++;
    return (struct text){end, (size_t)(stop - end)};
}

static bool is_text(struct text text)
{
    if (text.length < TEXT_AT_LEAST_BYTES)
        return false;
    for (size_t i = 0; i < TEXT_AT_LEAST_BYTES; i++)
        if ((text.at[i] < ' ' && !strchr("\t\r\n", text.at[i])) || text.at[i] > '~')
            return false;
    return true;
}

/* Where lines end stays, which is all that is read of them; and TLS that follows at once. */
static void redact_lines(struct text text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (i && text.at[i] == TLS_HANDSHAKE && text.at[i - 1] == '\n')
            return;
        if (text.at[i] != '\r' && text.at[i] != '\n')
            text.at[i] = BLANK;
    }
}

/* "CONNECT host:port HTTP/1.1", whole; user information has no place in it. */
static bool is_request_line(struct text text, struct text line)
{
    const char *target = line.at + strlen(method);
    const char *end = memrchr(line.at, ' ', line.length);
    size_t version_bytes = (size_t)(line.at + line.length - end);

    return line.length < text.length && end > target && version_bytes == sizeof(version) &&
           memcmp(end, version, sizeof(version) - 1) == 0 &&
           !memchr(target, ' ', (size_t)(end - target)) &&
           !memchr(target, '@', (size_t)(end - target));
}

static void redact_connect(struct text text)
{
    struct text line = first_line(text);

    if (!is_request_line(text, line))
        memset(line.at + strlen(method), BLANK, line.length - strlen(method));
    redact_lines(behind(text, line));
}

/* The PROXY protocol: what follows is judged as if it came first. */
static struct text behind_header(struct text text)
{
    size_t header = PROXY_V2_HEADER_BYTES;

    if (begins(text, "PROXY ")) {
        struct text line = first_line(text);

        return line.length < text.length && line.length < PROXY_V1_MAX_BYTES ? behind(text, line)
                                                                             : text;
    }
    if (text.length < header || memcmp(text.at, "\r\n\r\n\0\r\nQUIT\n", 12) != 0)
        return text;
    header += (size_t)((__u8)text.at[14] << 8 | (__u8)text.at[15]);
    if (header > text.length)
        header = text.length;
    return (struct text){text.at + header, text.length - header};
}

void cs_preamble_redact(struct cs_event_chunk *chunk)
{
    struct text text = behind_header((struct text){(char *)chunk->data, chunk->data_bytes});

    if (chunk->direction != CS_FROM_CLIENT || !text.length)
        return;
    if (begins(text, method))
        redact_connect(text);
    else if (text.at[0] == 1)
        redact_password(text);
    else if (text.at[0] == 5)
        redact_socks5(text);
    else if (text.at[0] == 4)
        redact_socks4(text);
    else if (is_text(text)) /* the rest of a head, or of nobody knows what */
        redact_lines(text);
}
