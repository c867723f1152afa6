/* SPDX-License-Identifier: MIT */
/* SNI comes from strangers: what a URL's host may not hold is percent-encoded. */
#include "user/entry/name.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "user/entry/decimal.h"

static bool is_http(const char *alpn)
{
    return !strcmp(alpn, "h2") || !strcmp(alpn, "http/1.1") || !strcmp(alpn, "http/1.0");
}

/* The protocol chosen in clear decides; up to then, what the client offered, if it is all HTTP. */
static bool proves_http(const struct cs_tls_facts *wire)
{
    if (wire->alpn[0])
        return is_http(wire->alpn);
    for (int i = 0; i < wire->alpn_offered_count; i++) {
        if (!is_http(wire->alpn_offered[i]))
            return false;
    }
    return wire->alpn_offered_count > 0;
}

/* reg-name of RFC 3986 section 3.2.2: unreserved and sub-delims as they are. */
static char *write_host(char *at, const char *server_name)
{
    static const char digits[] = "0123456789ABCDEF";

    for (; *server_name; server_name++) {
        unsigned char byte = (unsigned char)*server_name;

        if (byte < 0x80 && (isalnum(byte) || strchr("-._~!$&'()*+,;=", byte))) {
            *at++ = (char)byte;
        } else {
            *at++ = '%';
            *at++ = digits[byte >> 4];
            *at++ = digits[byte & 15];
        }
    }
    return at;
}

static char *write_address(char *at, const struct cs_address *address)
{
    if (!address->is_ipv6)
        return stpcpy(at, address->text);
    *at++ = '[';
    at = stpcpy(at, address->text);
    *at++ = ']';
    return at;
}

/* What the client asked a proxy for: a name, or an address in text. */
static char *write_target_host(char *at, const char *host)
{
    if (!strchr(host, ':'))
        return write_host(at, host);
    *at++ = '[';
    for (; *host; host++) /* an address, or somebody's idea of one */
        *at++ = isxdigit((unsigned char)*host) || strchr(":.", *host) ? *host : '_';
    *at++ = ']';
    return at;
}

void cs_name_write_target(const struct cs_preamble_facts *tunnel, char name[CS_NAME_BYTES])
{
    char *at = write_target_host(name, tunnel->target_host);

    *at++ = ':';
    at = cs_decimal_write(at, tunnel->target_port);
    *at = '\0';
}

static const char *scheme_of(const struct cs_tls_record *tls, bool http)
{
    if (http)
        return "https://";
    return tls->present ? "tls://" : "tcp://";
}

/* It was told to the proxy, encrypted; but the handshake with the target has named it. */
static bool is_target_hidden(const struct cs_record *record)
{
    return record->tunnel && record->tunnel->kind == CS_TUNNEL_HTTPS &&
           record->tls.wire.server_name[0];
}

void cs_name_write(const struct cs_record *record, const struct cs_address *address,
                   char name[CS_NAME_BYTES])
{
    const struct cs_facts *facts = &record->facts;
    const struct cs_tls_record *tls = &record->tls;
    bool http = tls->present && proves_http(&tls->wire);
    uint16_t port = facts->role == CS_ROLE_SERVER ? facts->local_port : facts->remote_port;
    bool has_target = record->tunnel && record->tunnel->target_host[0];
    char *at = stpcpy(name, scheme_of(tls, http));

    if (has_target || is_target_hidden(record))
        port = record->tunnel->target_port;
    if (tls->present && tls->wire.server_name[0])
        at = write_host(at, tls->wire.server_name);
    else if (has_target)
        at = write_target_host(at, record->tunnel->target_host);
    else if (record->lookup.name)
        at = write_host(at, record->lookup.name);
    else
        at = write_address(at, address);
    if (port &&
        (!http || port != 443)) { /* a lookup that failed knows none, nor do we behind TLS */
        *at++ = ':';
        at = cs_decimal_write(at, port);
    }
    strcpy(at, http ? "/" : "");
}

static uint16_t port_of_scheme(const char *name)
{
    if (!strncmp(name, "https://", strlen("https://")))
        return 443;
    return strncmp(name, "http://", strlen("http://")) ? 0 : 80;
}

uint16_t cs_name_read(const char *name, char host[CS_NAME_BYTES])
{
    const char *at = strstr(name, "://");
    unsigned long port;
    bool is_ipv6;
    size_t length;

    host[0] = '\0';
    if (!at)
        return 0;
    at += strlen("://");
    is_ipv6 = *at == '[';
    at += is_ipv6;
    length = strcspn(at, is_ipv6 ? "]" : ":/?#");
    if (length >= CS_NAME_BYTES) /* half of a name is another name */
        return 0;
    memcpy(host, at, length);
    host[length] = '\0';
    at += length;
    at += is_ipv6 && *at;
    if (*at != ':')
        return port_of_scheme(name);
    port = strtoul(at + 1, NULL, 10);
    return port <= UINT16_MAX ? (uint16_t)port : 0;
}
