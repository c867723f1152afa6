/* SPDX-License-Identifier: MIT */
/* SNI comes from strangers: what a URL's host may not hold is percent-encoded. */
#include "user/entry/name.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "user/entry/address.h"

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
static size_t write_host(const char *server_name, char *host)
{
    char *at = host;

    for (; *server_name; server_name++) {
        unsigned char byte = (unsigned char)*server_name;

        if (byte < 0x80 && (isalnum(byte) || strchr("-._~!$&'()*+,;=", byte)))
            *at++ = (char)byte;
        else
            at += sprintf(at, "%%%02X", byte);
    }
    *at = '\0';
    return (size_t)(at - host);
}

/* The address that a client dialled, or that the server was reached at. */
static size_t write_address(const struct cs_facts *facts, char *host)
{
    const uint8_t *bytes =
        facts->role == CS_ROLE_SERVER ? facts->local_address : facts->remote_address;
    struct cs_address address = cs_address_read(facts->family, bytes);

    return (size_t)sprintf(host, address.is_ipv6 ? "[%s]" : "%s", address.text);
}

void cs_name_write(const struct cs_record *record, char name[CS_NAME_BYTES])
{
    const struct cs_facts *facts = &record->facts;
    const struct cs_tls_record *tls = &record->tls;
    bool http = tls->present && proves_http(&tls->wire);
    uint16_t port = facts->role == CS_ROLE_SERVER ? facts->local_port : facts->remote_port;
    char *at = name + sprintf(name, "%s://", http ? "https" : tls->present ? "tls" : "tcp");

    if (tls->present && tls->wire.server_name[0])
        at += write_host(tls->wire.server_name, at);
    else
        at += write_address(facts, at);
    if (!http || port != 443)
        at += sprintf(at, ":%u", port);
    if (http)
        strcpy(at, "/");
}
