/* SPDX-License-Identifier: MIT */
/* The ServerHello reader. */
#include "user/tls/server_hello.h"

#include <string.h>

#include "user/tls/extension.h"

enum { RANDOM_BYTES = 32, SESSION_ID_MAX_BYTES = 32 };

/* SHA-256 of "HelloRetryRequest": the random by which one is known (RFC 8446 section 4.1.3). */
static const __u8 RETRY_RANDOM[RANDOM_BYTES] = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

struct answer {
    __u16 version;
    bool pre_shared_key;
    char alpn[CS_TLS_ALPN_BYTES];
};

static void read_extension(struct cs_extension *extension, struct answer *answer)
{
    struct cs_cursor names;

    switch (extension->type) {
    case CS_EXTENSION_SUPPORTED_VERSIONS:
        answer->version = cs_cursor_u16(&extension->body);
        break;
    case CS_EXTENSION_PRE_SHARED_KEY:
        answer->pre_shared_key = true;
        break;
    case CS_EXTENSION_ALPN: /* a list of exactly one (RFC 7301 section 3.1) */
        names = cs_cursor_list16(&extension->body);
        cs_extension_name(cs_cursor_list8(&names), answer->alpn, sizeof(answer->alpn));
        break;
    }
}

bool cs_server_hello_read(const __u8 *body, size_t length, struct cs_tls_facts *facts)
{
    struct cs_cursor hello = {.at = body, .left = length};
    struct answer answer = {.version = cs_cursor_u16(&hello)};
    struct cs_cursor random = cs_cursor_take(&hello, RANDOM_BYTES);
    struct cs_cursor session_id = cs_cursor_list8(&hello);
    __u16 cipher = cs_cursor_u16(&hello);
    struct cs_extension extension;
    struct cs_cursor extensions;

    cs_cursor_u8(&hello); /* legacy_compression_method */
    if (hello.short_of || answer.version >> 8 != CS_TLS_1_2 >> 8 ||
        session_id.left > SESSION_ID_MAX_BYTES)
        return false;
    if (memcmp(random.at, RETRY_RANDOM, RANDOM_BYTES) == 0) {
        facts->hello_retry = true;
        return true;
    }
    extensions = cs_cursor_list16(&hello);
    while (cs_extension_next(&extensions, &extension))
        read_extension(&extension, &answer);

    facts->version = answer.version;
    facts->cipher = cipher;
    if (answer.version >= CS_TLS_1_3)
        facts->resumed = answer.pre_shared_key;
    else
        memcpy(facts->alpn, answer.alpn, sizeof(facts->alpn));
    return true;
}
