/* SPDX-License-Identifier: MIT */
/* The cipher suite table: order, known rows, unknown numbers. */
#include "user/tls/cipher.h"

#include <criterion/criterion.h>

#include "user/tls/facts.h"

Test(cipher, table_ascends)
{
    for (size_t i = 1; i < CS_CIPHER_TABLE_COUNT; i++)
        cr_expect_lt(CS_CIPHER_TABLE[i - 1].number, CS_CIPHER_TABLE[i].number, "row %zu", i);
}

Test(cipher, names)
{
    cr_expect_str_eq(cs_cipher_name(0x0000), "TLS_NULL_WITH_NULL_NULL");
    cr_expect_str_eq(cs_cipher_name(0x1301), "TLS_AES_128_GCM_SHA256");
    cr_expect_str_eq(cs_cipher_name(0x1303), "TLS_CHACHA20_POLY1305_SHA256");
    cr_expect_str_eq(cs_cipher_name(0xc02f), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
    cr_expect_str_eq(cs_cipher_name(0xcca9), "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256");
    cr_expect_str_eq(cs_cipher_name(0xd005), "TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256");
    cr_expect_null(cs_cipher_name(0x0a0a));
    cr_expect_null(cs_cipher_name(0xffff));
}

Test(cipher, tags)
{
    cr_expect_eq(cs_cipher_tag_bytes(0x1301), 16);
    cr_expect_eq(cs_cipher_tag_bytes(0x1305), 8);
    cr_expect_eq(cs_cipher_tag_bytes(0xc0b4), 32);
}

Test(cipher, growth)
{
    cr_expect_eq(cs_cipher_growth_bytes(CS_TLS_1_3, 0x1301), 17);
    cr_expect_eq(cs_cipher_growth_bytes(CS_TLS_1_3, 0x1305), 9);
    cr_expect_eq(cs_cipher_growth_bytes(CS_TLS_1_2, 0xc02f), 24);
    cr_expect_eq(cs_cipher_growth_bytes(CS_TLS_1_2, 0xcca9), 16);
    cr_expect_eq(cs_cipher_growth_bytes(CS_TLS_1_2, 0x002f), 0, "CBC");
    cr_expect_eq(cs_cipher_growth_bytes(CS_TLS_1_2, 0x0a0a), 0);
}
