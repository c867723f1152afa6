/* SPDX-License-Identifier: MIT */
/* The look-up in the table, and the few suites whose tags are not 16 bytes. */
#include "user/tls/cipher.h"

#include <stdlib.h>
#include <string.h>

#include "user/tls/facts.h"

enum { CONTENT_TYPE_BYTES = 1, NONCE_BYTES = 8 };

static int compare(const void *key, const void *row)
{
    return *(const __u16 *)key - ((const struct cs_cipher_row *)row)->number;
}

const char *cs_cipher_name(__u16 number)
{
    const struct cs_cipher_row *row = bsearch(&number, CS_CIPHER_TABLE, CS_CIPHER_TABLE_COUNT,
                                              sizeof(CS_CIPHER_TABLE[0]), compare);

    return row ? row->name : NULL;
}

__u16 cs_cipher_tag_bytes(__u16 number)
{
    switch (number) {
    case 0x1305: /* TLS_AES_128_CCM_8_SHA256, RFC 8446 */
    case 0xC104: /* TLS_GOSTR341112_256_WITH_MAGMA_MGM_L, RFC 9367 */
    case 0xC106: /* TLS_GOSTR341112_256_WITH_MAGMA_MGM_S */
        return 8;
    case 0xC0B4: /* TLS_SHA256_SHA256, RFC 9150 */
        return 32;
    case 0xC0B5: /* TLS_SHA384_SHA384 */
        return 48;
    }
    return 16;
}

__u16 cs_cipher_growth_bytes(__u16 version, __u16 number)
{
    const char *name = cs_cipher_name(number);

    if (version >= CS_TLS_1_3)
        return (__u16)(CONTENT_TYPE_BYTES + cs_cipher_tag_bytes(number));
    if (name && strstr(name, "_GCM_")) /* RFC 5288 section 3: a part of the nonce is sent */
        return NONCE_BYTES + 16;
    return name && strstr(name, "_CHACHA20_POLY1305_") ? 16 : 0; /* RFC 7905 section 2 */
}
