/* SPDX-License-Identifier: MIT */
/* One pass from left to right; bounded rooms are cut, never run over. */
#include "user/http/url.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "user/http/secret.h"

static const char redacted[] = "REDACTED";

/* ---- writing into a bounded room ------------------------------------------------------------ */

struct room {
    char *at;
    char *end; /* where the NUL goes at the latest */
    bool is_full;
};

static void put(struct room *room, const char *text, size_t length)
{
    if ((size_t)(room->end - room->at) < length) {
        room->is_full = true;
        room->end = room->at; /* nothing shorter may follow */
        return;
    }
    memcpy(room->at, text, length);
    room->at += length;
}

static void put_encoded(struct room *room, unsigned char byte)
{
    static const char digits[] = "0123456789ABCDEF";
    char text[3] = {'%', digits[byte >> 4], digits[byte & 15]};

    put(room, text, sizeof(text));
}

/* What no part of a URL may hold (RFC 3986 section 2) is percent-encoded; "%" stands. */
static void put_path(struct room *room, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];

        if (byte <= ' ' || byte >= 0x7f || strchr("\"<>\\^`{|}", byte))
            put_encoded(room, byte);
        else
            put(room, text + i, 1);
    }
}

/* ---- parameters ----------------------------------------------------------------------------- */

static size_t span_until(const char *text, size_t length, const char *delimiters)
{
    size_t i = 0;

    while (i < length && (text[i] == '\0' || !strchr(delimiters, text[i])))
        i++;
    return i;
}

static void put_parameter(struct room *room, const char *text, size_t length)
{
    size_t name = span_until(text, length, "=");

    if (name < length && cs_secret_is(text, name)) {
        put_path(room, text, name + 1);
        put(room, redacted, strlen(redacted));
    } else {
        put_path(room, text, length);
    }
}

/* A path segment, or a query: parameters with delimiters between them. */
static void put_parameters(struct room *room, const char *text, size_t length,
                           const char *delimiters)
{
    while (length) {
        size_t part = span_until(text, length, delimiters);

        put_parameter(room, text, part);
        if (part < length)
            put(room, text + part++, 1);
        text += part;
        length -= part;
    }
}

/* A fragment is never sent; what comes as one is not kept. */
static void read_path(struct cs_url *url, const char *text, size_t length, enum cs_url_parts parts)
{
    struct room room = {.at = url->path, .end = url->path + CS_URL_PATH_BYTES - 1};
    size_t path;

    length = span_until(text, length, "#");
    path = span_until(text, length, "?");
    if (parts == CS_URL_ORIGIN || path == 0)
        put(&room, "/", 1);
    if (parts != CS_URL_ORIGIN)
        put_parameters(&room, text, path, "/;");
    if (parts == CS_URL_FULL && path < length) {
        put(&room, "?", 1);
        put_parameters(&room, text + path + 1, length - path - 1, "&;");
    }
    *room.at = '\0';
    url->is_cut = room.is_full;
}

/* ---- authority ------------------------------------------------------------------------------ */

static void put_host_byte(struct room *room, unsigned char byte, bool is_ipv6)
{
    char lower = (char)tolower(byte);

    if (byte && byte < 0x80 &&
        (isalnum(byte) || strchr(is_ipv6 ? ":.[]" : "-._~!$&'()*+,;=:%", byte)))
        put(room, &lower, 1);
    else
        put_encoded(room, byte);
}

/* Of what stands for a host and a port. What is no port is not kept: it may be half of a password,
 * where somebody wrote a "/" into user information. */
static size_t host_bytes(const char *text, size_t length)
{
    size_t host = text[0] == '[' ? span_until(text, length, "]") : 0;
    size_t port;

    host += span_until(text + host, length - host, ":");
    port = host;
    while (port + 1 < length && isdigit((unsigned char)text[port + 1]))
        port++;
    return port + 1 == length ? length : host;
}

/* User information goes: all before the last "@" (RFC 3986 section 3.2.1). */
static bool read_authority(struct cs_url *url, const char *text, size_t length)
{
    struct room room = {.at = url->authority, .end = url->authority + CS_URL_AUTHORITY_BYTES - 1};
    const char *at = memrchr(text, '@', length);
    bool is_ipv6;

    if (at) {
        length -= (size_t)(at + 1 - text);
        text = at + 1;
    }
    if (length == 0)
        return false;
    is_ipv6 = text[0] == '[' && memchr(text, ']', length);
    length = host_bytes(text, length);
    for (size_t i = 0; i < length; i++)
        put_host_byte(&room, (unsigned char)text[i], is_ipv6);
    if (room.is_full) /* half a name is another name */
        room.at = url->authority;
    *room.at = '\0';
    return url->authority[0] != '\0';
}

bool cs_url_read_authority(struct cs_url *url, const char *authority, size_t length)
{
    const char *colon = memrchr(authority, ':', length);

    *url = (struct cs_url){0};
    if (!colon || colon + 1 == authority + length || memchr(authority, '/', length))
        return false;
    return read_authority(url, authority, length);
}

void cs_url_add_host(struct cs_url *url, const char *host, size_t length)
{
    if (!url->authority[0])
        read_authority(url, host, length);
}

/* ---- the whole ------------------------------------------------------------------------------ */

/* "scheme://authority[/path]" */
static bool read_absolute(struct cs_url *url, const char *text, size_t length,
                          enum cs_url_parts parts)
{
    size_t scheme = span_until(text, length, ":");
    size_t authority;

    if (scheme == 0 || scheme >= sizeof(url->scheme) || length - scheme < 3 ||
        memcmp(text + scheme, "://", 3) != 0)
        return false;
    for (size_t i = 0; i < scheme; i++) {
        if (!isalpha((unsigned char)text[i]))
            return false;
    }
    for (size_t i = 0; i < scheme; i++)
        url->scheme[i] = (char)tolower((unsigned char)text[i]);
    text += scheme + 3;
    length -= scheme + 3;
    authority = span_until(text, length, "/?#");
    if (read_authority(url, text, authority)) {
        read_path(url, text + authority, length - authority, parts);
        return true;
    }
    *url = (struct cs_url){0};
    return false;
}

bool cs_url_read_target(struct cs_url *url, const char *target, size_t length,
                        enum cs_url_parts parts)
{
    *url = (struct cs_url){0};
    if (length == 1 && target[0] == '*') /* its path is empty: RFC 9112 section 3.3 */
        return true;
    if (length == 0 || target[0] != '/')
        return read_absolute(url, target, length, parts);
    read_path(url, target, length, parts);
    return true;
}

/* Without the port that the scheme has anyway. */
static size_t authority_bytes(const char *scheme, const char *authority)
{
    const char *port = !strcmp(scheme, "https") ? ":443" : !strcmp(scheme, "http") ? ":80" : NULL;
    size_t length = strlen(authority);

    if (port && length > strlen(port) && !strcmp(authority + length - strlen(port), port))
        length -= strlen(port);
    return length;
}

void cs_url_write(const struct cs_url *url, const char *scheme, const char *authority,
                  char text[CS_URL_BYTES])
{
    struct room room = {.at = text, .end = text + CS_URL_BYTES - 1};

    if (url->scheme[0])
        scheme = url->scheme;
    if (url->authority[0])
        authority = url->authority;
    put(&room, scheme, strlen(scheme));
    put(&room, "://", 3);
    put(&room, authority, authority_bytes(scheme, authority));
    put(&room, url->path, strlen(url->path));
    *room.at = '\0';
}
