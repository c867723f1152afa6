/* SPDX-License-Identifier: MIT */
/* The beginnings of binary protocols. Numbers in brackets are offsets of bytes. */
#include "user/preamble/opening.h"

/* A TLS record with a handshake message, SSL 3.0 to TLS 1.3 (RFC 8446 section 5.1). */
enum cs_match cs_match_tls(const __u8 *data, size_t length, size_t *message_bytes)
{
    enum cs_match match = cs_match_bytes(data, length, "\x16\x03", 2, 3);

    (void)message_bytes;
    if (match != CS_MATCH_YES)
        return match;
    return data[2] <= 4 ? CS_MATCH_YES : CS_MATCH_NO;
}

/* VN, CD: CONNECT or BIND. */
enum cs_match cs_match_socks4(const __u8 *data, size_t length, size_t *message_bytes)
{
    enum cs_match match = cs_match_bytes(data, length, "\x04", 1, 2);

    (void)message_bytes;
    if (match != CS_MATCH_YES)
        return match;
    return data[1] == 1 || data[1] == 2 ? CS_MATCH_YES : CS_MATCH_NO;
}

/* VER, NMETHODS (RFC 1928 section 3). */
enum cs_match cs_match_socks5(const __u8 *data, size_t length, size_t *message_bytes)
{
    enum cs_match match = cs_match_bytes(data, length, "\x05", 1, 2);

    (void)message_bytes;
    if (match != CS_MATCH_YES)
        return match;
    return data[1] ? CS_MATCH_YES : CS_MATCH_NO;
}

/* The PROXY protocol, section 2.2: signature, version and command, family [13], length [14]. */
enum cs_match cs_match_proxy_v2(const __u8 *data, size_t length, size_t *message_bytes)
{
    enum { HEADER_BYTES = 16 };
    enum cs_match match = cs_match_bytes(data, length, "\r\n\r\n\0\r\nQUIT\n", 12, HEADER_BYTES);

    if (match != CS_MATCH_YES)
        return match;
    *message_bytes = HEADER_BYTES + (size_t)(data[14] << 8 | data[15]);
    return data[12] >> 4 == 2 ? CS_MATCH_YES : CS_MATCH_NO;
}

/* SSLRequest and GSSENCRequest: a length of 8 and a code where a StartupMessage has its version.
 * The answer is one byte; the client's next message tells what it was. */
enum cs_match cs_match_postgres(const __u8 *data, size_t length, size_t *message_bytes)
{
    enum cs_match match = cs_match_bytes(data, length, "\0\0\0\x08\x04\xd2\x16", 7, 8);

    *message_bytes = 8;
    if (match != CS_MATCH_YES)
        return match;
    return data[7] == 0x2f || data[7] == 0x30 ? CS_MATCH_YES : CS_MATCH_NO;
}

/* SSLRequest: the first 32 bytes of a HandshakeResponse41 alone, as packet number 1 [3], with
 * CLIENT_SSL among the capabilities [4]. */
enum cs_match cs_match_mysql(const __u8 *data, size_t length, size_t *message_bytes)
{
    enum { CLIENT_SSL = 0x08 /* of byte 5 */ };
    enum cs_match match = cs_match_bytes(data, length, "\x20\0\0\x01", 4, 6);

    *message_bytes = 36;
    if (match != CS_MATCH_YES)
        return match;
    return data[5] & CLIENT_SSL ? CS_MATCH_YES : CS_MATCH_NO;
}

/* TPKT (RFC 1006 section 6) with its length [2], then the X.224 connection request [5]. */
enum cs_match cs_match_rdp(const __u8 *data, size_t length, size_t *message_bytes)
{
    enum { CONNECTION_REQUEST = 0xe0, SHORTEST_BYTES = 11 };
    enum cs_match match = cs_match_bytes(data, length, "\x03\0", 2, 6);

    if (match != CS_MATCH_YES)
        return match;
    *message_bytes = (size_t)(data[2] << 8 | data[3]);
    return data[5] == CONNECTION_REQUEST && *message_bytes >= SHORTEST_BYTES ? CS_MATCH_YES
                                                                             : CS_MATCH_NO;
}
