/* SPDX-License-Identifier: MIT */
/* Where credentials lie in a chunk. A ClientHello must never be taken for a message with some. */
#include "user/preamble/redact.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

enum {
    BLANK = '*',
    SOCKS4_REQUEST_BYTES = 8, /* USERID and NUL follow */
    PROXY_V2_HEADER_BYTES = 16,
    TEXT_AT_LEAST_BYTES = 16, /* fewer may be text by chance */
};

static const char method[] = "CONNECT ";
static const char *const secrets[] = {"authorization:", "proxy-authorization:", "cookie:"};

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

    return text.length >= length && strncasecmp(text.at, with, length) == 0;
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

/* Of the field in this line that must be overwritten; 0: nothing. */
static size_t secret_from(struct text line)
{
    for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
        if (begins(line, secrets[i]))
            return strlen(secrets[i]);
    return 0;
}

static void redact_fields(struct text text)
{
    bool secret = false;

    for (;;) {
        struct text line = first_line(text);
        bool folded = line.length && (line.at[0] == ' ' || line.at[0] == '\t');
        size_t from = folded ? 1 : secret_from(line); /* obs-fold: RFC 9112 section 5.2 */

        if (!line.length)
            return;
        secret = folded ? secret : from != 0;
        if (secret)
            memset(line.at + from, BLANK, line.length - from);
        text = behind(text, line);
    }
}

/* The rest of a head whose beginning was in another chunk, unless it is of something else. */
static void redact_rest(struct text text)
{
    struct text line = first_line(text);

    if (!line.length || !is_text(text))
        return;
    memset(line.at, BLANK, line.length);
    redact_fields(behind(text, line));
}

/* The PROXY protocol: what follows is judged as if it came first. */
static struct text behind_header(struct text text)
{
    size_t header = PROXY_V2_HEADER_BYTES;

    if (begins(text, "PROXY "))
        return behind(text, first_line(text));
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
        redact_fields(behind(text, first_line(text)));
    else if (text.at[0] == 1)
        redact_password(text);
    else if (text.at[0] == 5)
        redact_socks5(text);
    else if (text.at[0] == 4)
        redact_socks4(text);
    else if (chunk->offset)
        redact_rest(text);
}
