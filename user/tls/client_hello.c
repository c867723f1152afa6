/* SPDX-License-Identifier: MIT */
/* The ClientHello reader: one small function per extension we care for. */
#include "user/tls/client_hello.h"

#include "user/tls/extension.h"

enum {
    RANDOM_BYTES = 32,
    SESSION_ID_MAX_BYTES = 32,
    NAME_TYPE_HOST = 0, /* RFC 6066 section 3 */
};

static void read_server_name(struct cs_cursor body, struct cs_tls_facts *facts)
{
    struct cs_cursor names = cs_cursor_list16(&body);

    while (names.left) {
        __u8 type = cs_cursor_u8(&names);
        struct cs_cursor name = cs_cursor_list16(&names);

        if (type == NAME_TYPE_HOST) {
            cs_extension_name(name, facts->server_name, sizeof(facts->server_name));
            return;
        }
    }
}

static void read_alpn(struct cs_cursor body, struct cs_tls_facts *facts)
{
    struct cs_cursor names = cs_cursor_list16(&body);

    /* A GREASE protocol is not printable, so that it drops out with the names nobody can read. */
    while (names.left && facts->alpn_offered_count < CS_TLS_ALPN_COUNT)
        if (cs_extension_name(cs_cursor_list8(&names),
                              facts->alpn_offered[facts->alpn_offered_count], CS_TLS_ALPN_BYTES))
            facts->alpn_offered_count++;
}

static bool offers_tls13(struct cs_cursor body)
{
    struct cs_cursor versions = cs_cursor_list8(&body);

    while (versions.left)
        if (cs_cursor_u16(&versions) == CS_TLS_1_3)
            return true;
    return false;
}

/* Returns true if the extension says that TLS 1.3 is offered. */
static bool read_extension(const struct cs_extension *extension, struct cs_tls_facts *facts)
{
    switch (extension->type) {
    case CS_EXTENSION_SERVER_NAME:
        read_server_name(extension->body, facts);
        break;
    case CS_EXTENSION_ALPN:
        read_alpn(extension->body, facts);
        break;
    case CS_EXTENSION_SESSION_TICKET: /* an empty one only asks for a ticket */
        facts->resumption_offered |= extension->body.left > 0;
        break;
    case CS_EXTENSION_PRE_SHARED_KEY:
        facts->resumption_offered = true;
        break;
    case CS_EXTENSION_EARLY_DATA:
        facts->early_data_offered = true;
        break;
    case CS_EXTENSION_SUPPORTED_VERSIONS:
        return offers_tls13(extension->body);
    }
    return false;
}

bool cs_client_hello_read(const __u8 *body, size_t length, struct cs_tls_facts *facts)
{
    struct cs_cursor hello = {.at = body, .left = length};
    __u16 version = cs_cursor_u16(&hello);
    struct cs_cursor random = cs_cursor_take(&hello, RANDOM_BYTES);
    struct cs_cursor session_id = cs_cursor_list8(&hello);
    struct cs_extension extension;
    struct cs_cursor extensions;
    bool tls13 = false;

    if (random.short_of || version >> 8 != CS_TLS_1_2 >> 8 ||
        session_id.left > SESSION_ID_MAX_BYTES)
        return false;
    cs_cursor_list16(&hello); /* cipher_suites */
    cs_cursor_list8(&hello);  /* legacy_compression_methods */
    extensions = cs_cursor_list16(&hello);
    while (cs_extension_next(&extensions, &extension))
        tls13 |= read_extension(&extension, facts);

    /* With TLS 1.3 the session id is a random one for middleboxes (RFC 8446 appendix D.4). */
    facts->resumption_offered |= session_id.left > 0 && !tls13;
    return true;
}
