/* SPDX-License-Identifier: MIT */
/* First bytes: what they are taken for, at which byte that is settled, and that it stays so. */
#include "user/preamble/opening.h"

#include <criterion/criterion.h>
#include <string.h>

#define BYTES(text) (const __u8 *)(text), sizeof(text) - 1

static const struct {
    cs_matcher *match;
    const __u8 *data;
    size_t length;
    size_t settled; /* bytes that must be seen; 0: all of them are not enough */
    enum cs_match verdict;
    size_t message_bytes;
} rows[] = {
    {cs_match_tls, BYTES("\x16\x03\x01"), 3, CS_MATCH_YES},
    {cs_match_tls, BYTES("\x16\x03"), 0, CS_MATCH_MORE},
    {cs_match_tls, BYTES("\x16\x03\x05"), 3, CS_MATCH_NO},
    {cs_match_tls, BYTES("\x17\x03\x03"), 1, CS_MATCH_NO},
    {cs_match_socks4, BYTES("\x04\x01"), 2, CS_MATCH_YES},
    {cs_match_socks4, BYTES("\x04\x00"), 2, CS_MATCH_NO},
    {cs_match_socks5, BYTES("\x05\x01\x00"), 2, CS_MATCH_YES},
    {cs_match_socks5, BYTES("\x05\x00"), 2, CS_MATCH_NO},
    {cs_match_connect, BYTES("CONNECT a:1"), 8, CS_MATCH_YES},
    {cs_match_connect, BYTES("connect a:1"), 1, CS_MATCH_NO},
    {cs_match_proxy_v1, BYTES("PROXY UNKNOWN"), 6, CS_MATCH_YES},
    {cs_match_proxy_v2, BYTES("\r\n\r\n\0\r\nQUIT\n\x20\0\x01\x02"), 16, CS_MATCH_YES, 274},
    {cs_match_proxy_v2, BYTES("\r\n\r\n\0\r\nQUIT\n\x10\0\0\0"), 16, CS_MATCH_NO},
    {cs_match_postgres, BYTES("\0\0\0\x08\x04\xd2\x16\x2f"), 8, CS_MATCH_YES, 8},
    {cs_match_postgres, BYTES("\0\0\0\x08\x04\xd2\x16\x30"), 8, CS_MATCH_YES, 8},
    {cs_match_postgres, BYTES("\0\0\0\x08\x04\xd2\x16\x2e"), 8, CS_MATCH_NO},
    {cs_match_mysql, BYTES("\x20\0\0\x01\x84\xaa"), 6, CS_MATCH_YES, 36},
    {cs_match_mysql, BYTES("\x20\0\0\x01\x84\xa2"), 6, CS_MATCH_NO},
    {cs_match_rdp, BYTES("\x03\0\0\x13\x0e\xe0"), 6, CS_MATCH_YES, 19},
    {cs_match_rdp, BYTES("\x03\0\0\x0a\x05\xe0"), 6, CS_MATCH_NO},
    {cs_match_ldap,
     BYTES("0\x1d\x02\x01\x01w\x18\x80\x16"
           "1.3.6.1.4.1.1466.20037"),
     31, CS_MATCH_YES, 31},
    {cs_match_ldap,
     BYTES("0\x1d\x02\x01\x01w\x18\x80\x16"
           "1.3.6.1.4.1.1466.20036"),
     31, CS_MATCH_NO},
    {cs_match_ldap, BYTES("0\x80\x02\x01\x01"), 2, CS_MATCH_NO},
    {cs_match_ldap, BYTES("0\x85\0\0\0\0\x1d\x02"), 2, CS_MATCH_NO},
    {cs_match_ldap, BYTES("0\x84\xff\xff\xff\xff\x02"), 6, CS_MATCH_NO},
    {cs_match_ldap, BYTES("0001 CAPABILITY"), 3, CS_MATCH_NO},
    {cs_match_text, BYTES("EHLO me\r\n"), 5, CS_MATCH_YES},
    {cs_match_text, BYTES("noop\r\n"), 5, CS_MATCH_YES},
    {cs_match_text, BYTES("StartTls\n"), 9, CS_MATCH_YES},
    {cs_match_text, BYTES("AUTH TLS-C\r\n"), 11, CS_MATCH_YES},
    {cs_match_text, BYTES("AUTH PLAIN x\r\n"), 6, CS_MATCH_NO},
    {cs_match_text, BYTES("AUTHINFO USER x\r\n"), 10, CS_MATCH_NO},
    {cs_match_text, BYTES("MODE READER\r\n"), 12, CS_MATCH_YES},
    {cs_match_text, BYTES("MODE STREAM\r\n"), 8, CS_MATCH_NO},
    {cs_match_text, BYTES("CAPABILITIES\r\n"), 13, CS_MATCH_YES},
    {cs_match_text, BYTES("EHLOX"), 0, CS_MATCH_MORE},
    {cs_match_text, BYTES("EHLOX me"), 7, CS_MATCH_NO},
    {cs_match_text, BYTES(". STARTTLS\r\n"), 11, CS_MATCH_YES},
    {cs_match_text, BYTES("A0 ID (\"name\""), 7, CS_MATCH_YES},
    {cs_match_text, BYTES("USER id\r\n"), 8, CS_MATCH_NO},
    {cs_match_text, BYTES("A1 LOGIN me"), 4, CS_MATCH_NO},
    {cs_match_text, BYTES("GET / HTTP/1.1\r\n"), 5, CS_MATCH_NO},
    {cs_match_text, BYTES("* 1"), 1, CS_MATCH_NO},
    {cs_match_text, BYTES("\r\n"), 1, CS_MATCH_NO},
    {cs_match_text, BYTES("123456789012345678901234567890123 NOOP"), 33, CS_MATCH_NO},
    {cs_match_xmpp, BYTES("<stream:stream "), 15, CS_MATCH_YES},
    {cs_match_xmpp, BYTES("<starttls/>"), 10, CS_MATCH_YES},
    {cs_match_xmpp, BYTES("<starttlsx"), 10, CS_MATCH_NO},
    {cs_match_xmpp, BYTES("<auth "), 2, CS_MATCH_NO},
    {cs_match_space, BYTES("\n"), 1, CS_MATCH_YES, 1},
    {cs_match_space, BYTES("x"), 1, CS_MATCH_NO},
};

Test(opening, is_settled_at_one_byte_and_stays_so)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t seen = 1; seen <= rows[i].length; seen++) {
            bool settled = rows[i].settled && seen >= rows[i].settled;
            size_t message_bytes = 0;
            enum cs_match match = rows[i].match(rows[i].data, seen, &message_bytes);

            cr_expect_eq(match, settled ? rows[i].verdict : CS_MATCH_MORE, "row %zu, %zu: %d", i,
                         seen, match);
            if (match == CS_MATCH_YES && rows[i].message_bytes)
                cr_expect_eq(message_bytes, rows[i].message_bytes, "row %zu", i);
        }
    }
}
