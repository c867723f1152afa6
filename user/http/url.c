/* SPDX-License-Identifier: MIT */
/* One pass from left to right; bounded rooms are cut, never run over. */
#include "user/http/url.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "user/http/secret.h"
#include "user/http/span.h"

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

/* ---- paths and queries ---------------------------------------------------------------------- */

static void put_redacted(struct room *room, const char *text, size_t length)
{
    struct cs_secret secret;
    size_t done = 0;

    while (cs_secret_next(text, length, done, &secret)) {
        put_path(room, text + done, secret.at - done);
        put(room, redacted, strlen(redacted));
        done = secret.at + secret.length;
    }
    put_path(room, text + done, length - done);
}

/* Half of a name is another name: what has a hidden byte is left out whole. */
static bool is_hidden(struct cs_url *url, const char *text, size_t length)
{
    bool found = length && memchr(text, CS_URL_HIDDEN, length);

    url->is_hidden = url->is_hidden || found;
    return found;
}

/* A fragment is never sent; what comes as one is not kept. */
static void read_path(struct cs_url *url, const char *text, size_t length, enum cs_url_parts parts)
{
    struct room room = {.at = url->path, .end = url->path + CS_URL_PATH_BYTES - 1};
    size_t path;

    if (is_hidden(url, text, length))
        return;
    length = cs_span_until(text, length, "#");
    path = cs_span_until(text, length, "?");
    if (parts == CS_URL_ORIGIN || path == 0)
        put(&room, "/", 1);
    if (parts != CS_URL_ORIGIN)
        put_redacted(&room, text, parts == CS_URL_FULL ? length : path);
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
    size_t host = text[0] == '[' ? cs_span_until(text, length, "]") : 0;
    size_t port;

    host += cs_span_until(text + host, length - host, ":");
    port = host;
    while (port + 1 < length && isdigit((unsigned char)text[port + 1]))
        port++;
    return port > host && port + 1 == length ? length : host;
}

/* What stands for a port is none: a password may go on behind the "/". */
static bool may_go_on(const char *text, size_t authority)
{
    size_t host = authority ? host_bytes(text, authority) : 0;

    return authority - host > 1 && !memchr(text, '@', authority);
}

size_t cs_url_authority_bytes(const char *text, size_t length)
{
    size_t authority = cs_span_until(text, length, "/?#");
    const char *at;
    size_t user;

    if (!may_go_on(text, authority))
        return authority;
    length = cs_span_until(text, length, "?#");
    at = memrchr(text, '@', length);
    if (!at)
        return authority;
    user = (size_t)(at - text);
    return user + cs_span_until(at, length - user, "/");
}

size_t cs_url_proven_bytes(const char *target, size_t length)
{
    size_t scheme = cs_url_scheme_bytes(target, length);
    const char *text = target + scheme;

    length -= scheme;
    if (scheme && may_go_on(text, cs_span_until(text, length, "/?#")) &&
        cs_span_until(text, length, "?#") == length)
        return scheme;
    return cs_secret_proven_bytes(target, scheme + length);
}

/* User information goes: all before the last "@" (RFC 3986 section 3.2.1). */
static bool read_authority(struct cs_url *url, const char *text, size_t length)
{
    struct room room = {.at = url->authority, .end = url->authority + CS_URL_AUTHORITY_BYTES - 1};
    const char *at = memrchr(text, '@', length);
    bool is_ipv6;

    if (is_hidden(url, text, length))
        return false;
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
    const char *at = length ? memrchr(authority, '@', length) : NULL;
    const char *host = at ? at + 1 : authority;
    size_t bytes = length - (size_t)(host - authority);

    *url = (struct cs_url){0};
    if (!bytes || !memchr(host, ':', bytes) || !isdigit((unsigned char)host[bytes - 1]) ||
        host_bytes(host, bytes) != bytes || memchr(authority, '/', length) ||
        memchr(authority, CS_URL_HIDDEN, length))
        return false;
    return read_authority(url, authority, length);
}

void cs_url_add_host(struct cs_url *url, const char *host, size_t length)
{
    if (!url->authority[0])
        read_authority(url, host, length);
}

/* ---- the whole ------------------------------------------------------------------------------ */

static bool is_scheme_byte(char byte, bool is_first)
{
    return isalpha((unsigned char)byte) ||
           (!is_first && (isdigit((unsigned char)byte) || memchr("+-.", byte, 3)));
}

size_t cs_url_scheme_bytes(const char *text, size_t length)
{
    size_t scheme = 0;

    while (scheme < length && is_scheme_byte(text[scheme], scheme == 0))
        scheme++;
    return scheme && length - scheme >= 3 && !memcmp(text + scheme, "://", 3) ? scheme + 3 : 0;
}

/* "scheme://authority[/path]" */
static bool read_absolute(struct cs_url *url, const char *text, size_t length,
                          enum cs_url_parts parts)
{
    size_t scheme = cs_url_scheme_bytes(text, length);
    size_t authority;
    bool has_host;

    if (!scheme || scheme - 3 >= sizeof(url->scheme))
        return false;
    for (size_t i = 0; i < scheme - 3; i++)
        url->scheme[i] = (char)tolower((unsigned char)text[i]);
    text += scheme;
    length -= scheme;
    authority = cs_url_authority_bytes(text, length);
    has_host = read_authority(url, text, authority);
    if (!has_host && !url->is_hidden) {
        *url = (struct cs_url){0};
        return false;
    }
    if (has_host || authority < length) /* else what is hidden may be the path, too */
        read_path(url, text + authority, length - authority, parts);
    return true;
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

/* Without the port that the scheme has anyway, and of an origin without its slash. */
static size_t authority_bytes(const char *scheme, const char *authority)
{
    const char *port = !strcmp(scheme, "https") ? ":443" : !strcmp(scheme, "http") ? ":80" : NULL;
    size_t length = strcspn(authority, "/");

    if (port && length > strlen(port) &&
        !memcmp(authority + length - strlen(port), port, strlen(port)))
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
    if (!url->path[0])
        put(&room, "/", 1);
    put(&room, url->path, strlen(url->path));
    *room.at = '\0';
}
