/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What may come before TLS on a connection: a proxy's dialogue, an upgrade in plain text, a banner.
 * The first bytes of each turn of the client tell whether TLS begins here, may still begin, or will
 * not. Only the dialogue with a proxy is copied to user space, which reads the target from it; of
 * all else not one byte leaves the kernel.
 */
#pragma once

#include "packet.h"
#include "records.h"

enum opening {
    OPENING_NONE = 0,    /* nothing was said yet */
    OPENING_PLAIN = 1,   /* no TLS will follow */
    OPENING_TLS = 2,     /* a ClientHello */
    OPENING_TEXT = 3,    /* a server's banner, lines of text: SMTP, IMAP, POP3, FTP, XMPP ... */
    OPENING_REQUEST = 4, /* a wish for TLS: PostgreSQL, LDAP, RDP, MySQL */
    OPENING_TUNNEL = 5,  /* SOCKS, HTTP CONNECT: user space reads it */
    OPENING_HEADER = 6,  /* the PROXY protocol: what follows is judged as if it came first */
    OPENING_CONSENT = 7, /* a proxy's HTTP 2xx, whose head goes on */
    OPENING_WORD = 8,    /* the first bytes of "CONNECT " */
};

enum {
    OPENING_BYTES = 16,
    PROXY_V1_MAX_BYTES = 107, /* the PROXY protocol's specification, section 2.1 */
    PROXY_V2_HEADER_BYTES = 16,
    SOCKS4_REPLY_BYTES = 8,
    HTTP_STATUS_BYTES = 12, /* "HTTP/1.1 200" */
    MYSQL_SSL_REQUEST_BYTES = 36,
};

#define CONNECT_WORD       "CONNECT "
#define CONNECT_WORD_BYTES (sizeof(CONNECT_WORD) - 1)

#define OPENING_KIND(opening)        ((opening)&0xff)
#define OPENING_SKIP(opening)        ((opening) >> 8)
#define OPENING_SKIPPING(kind, skip) ((kind) | (skip) << 8)

/* Do the bytes that are there agree? At least one is. */
static __always_inline bool begins(const __u8 *bytes, __u32 length, const char *wanted,
                                   __u32 wanted_bytes)
{
    for (int i = 0; i < wanted_bytes; i++) {
        if (i < length && bytes[i] != (__u8)wanted[i])
            return 0;
    }
    return 1;
}

#define BEGINS(bytes, length, wanted) begins(bytes, length, wanted, sizeof(wanted) - 1)

/* Sent byte by byte, the first is believed; on_tls() looks at the rest. */
static __always_inline bool is_hello(const __u8 *bytes, __u32 length)
{
    if (bytes[0] != RECORD_HANDSHAKE)
        return 0;
    return length <= RECORD_HEADER_BYTES ||
           (bytes[1] == 3 && bytes[RECORD_HEADER_BYTES] == HANDSHAKE_CLIENT_HELLO);
}

static __always_inline __u32 proxy_v1_bytes(struct __sk_buff *skb, __u32 at, __u32 length)
{
    __u8 byte = 0, before;

    for (int i = 0; i < PROXY_V1_MAX_BYTES && i < length; i++) {
        before = byte;
        if (bpf_skb_load_bytes(skb, at + i, &byte, 1))
            return 0;
        if (before == '\r' && byte == '\n')
            return i + 1;
    }
    return 0;
}

/* LDAPMessage with an ExtendedRequest (RFC 4511 section 4.12), its lengths in 1 byte or in 5. */
static __always_inline bool is_ldap_extended(const __u8 *bytes, __u32 length)
{
    return length <= 5 || (bytes[1] == 0x84 ? bytes[9] : bytes[5]) == 0x77;
}

/* A list of methods (RFC 1928 section 3), and of a client that does not wait what comes next. */
static __always_inline bool is_socks5(struct __sk_buff *skb, __u32 at, __u32 length,
                                      const __u8 *bytes)
{
    __u32 greeting = 2 + (__u32)bytes[1];
    __u8 next = 0;

    if (length < 3 || length == greeting)
        return 1;
    return length > greeting && !bpf_skb_load_bytes(skb, at + greeting, &next, 1) &&
           (next == 5 || next == 1);
}

/*
 * What a client's first bytes begin. A PROXY header comes in one piece (its specification, section
 * 2): a part of it is anybody's words.
 */
static __always_inline __u32 opening_by_client(struct __sk_buff *skb, __u32 at, __u32 length,
                                               const __u8 *bytes)
{
    __u32 header;

    switch (bytes[0]) {
    case 4: /* SOCKS4: CONNECT, BIND */
        return length == 1 || bytes[1] == 1 || bytes[1] == 2 ? OPENING_TUNNEL : OPENING_PLAIN;
    case 5:
        return is_socks5(skb, at, length, bytes) ? OPENING_TUNNEL : OPENING_PLAIN;
    case 'C':
        if (!BEGINS(bytes, length, CONNECT_WORD))
            return OPENING_PLAIN;
        return length < CONNECT_WORD_BYTES ? OPENING_WORD : OPENING_TUNNEL;
    case 'P':
        header = BEGINS(bytes, length, "PROXY ") ? proxy_v1_bytes(skb, at, length) : 0;
        return header ? OPENING_SKIPPING(OPENING_HEADER, header) : OPENING_PLAIN;
    case '\r':
        if (length < PROXY_V2_HEADER_BYTES || !BEGINS(bytes, length, "\r\n\r\n\0\r\nQUIT\n"))
            return OPENING_PLAIN;
        return OPENING_SKIPPING(OPENING_HEADER,
                                PROXY_V2_HEADER_BYTES + (bytes[14] << 8 | bytes[15]));
    case 0: /* PostgreSQL: SSLRequest, GSSENCRequest */
        if (BEGINS(bytes, length, "\0\0\0\x08\x04\xd2\x16\x2f") ||
            BEGINS(bytes, length, "\0\0\0\x08\x04\xd2\x16\x30"))
            return OPENING_REQUEST;
        return OPENING_PLAIN;
    case 0x30:
        return is_ldap_extended(bytes, length) ? OPENING_REQUEST : OPENING_PLAIN;
    case 3: /* RDP: an X.224 Connection Request in a TPKT */
        return length == 1 || (bytes[1] == 0 && (length <= 5 || bytes[5] == 0xe0)) ? OPENING_REQUEST
                                                                                   : OPENING_PLAIN;
    case '<': /* XMPP, RFC 6120 section 4.2 */
        return OPENING_TEXT;
    }
    return OPENING_PLAIN;
}

static __always_inline __u32 opening_after_text(const __u8 *bytes, __u32 length)
{
    if (BEGINS(bytes, length, "\x20\0\0\1")) /* the server's was MySQL's */
        return OPENING_SKIPPING(OPENING_REQUEST, MYSQL_SSL_REQUEST_BYTES);
    if (bytes[0] == '\r' || bytes[0] == '\n') /* between two lines, or tags */
        return OPENING_TEXT;
    if (bytes[0] < ' ' || bytes[0] > '~' || (length > 3 && BEGINS(bytes, length, "SSH-")))
        return OPENING_PLAIN;
    if (length > 5 && BEGINS(bytes, length, "PRI * ")) /* HTTP/2, whose server may speak first */
        return OPENING_PLAIN;
    return OPENING_TEXT;
}

/* A turn began with a part of "CONNECT ", and goes on here, behind `from` bytes of it. */
__noinline __u32 opening_of_word(struct __sk_buff *skb, __u32 at, __u32 length, __u32 from)
{
    static const char word[] = CONNECT_WORD;
    __u8 byte = 0;

    if (!from || from >= CONNECT_WORD_BYTES)
        return OPENING_WORD; /* out of order */
    for (__u32 i = 1; i < CONNECT_WORD_BYTES; i++) {
        if (i < from || i - from >= length)
            continue;
        if (bpf_skb_load_bytes(skb, at + (i - from), &byte, 1) || byte != (__u8)word[i])
            return OPENING_PLAIN;
    }
    return from + length < CONNECT_WORD_BYTES ? OPENING_WORD : OPENING_TUNNEL;
}

/*
 * A client's turn before the proxy's consent was seen: RFC 1928, 1929, 1961. Anything else follows
 * a consent that came in pieces.
 */
static __always_inline bool is_dialogue(const __u8 *bytes)
{
    return bytes[0] == 5 || bytes[0] == 1;
}

/*
 * What the client's turn is that begins at `at`, after what came `before`: an enum opening, with
 * how many of its bytes do not end the turn, because TLS follows them at once.
 */
__noinline __u32 opening_of(struct __sk_buff *skb, __u32 at, __u32 length, __u32 before)
{
    __u8 bytes[OPENING_BYTES] = {};

    if (length >= OPENING_BYTES) {
        bpf_skb_load_bytes(skb, at, bytes, OPENING_BYTES);
    } else {
        for (int i = 0; i < OPENING_BYTES && i < length; i++)
            bpf_skb_load_bytes(skb, at + i, bytes + i, 1);
    }
    if (is_hello(bytes, length))
        return OPENING_TLS;
    if (before == OPENING_TEXT)
        return opening_after_text(bytes, length);
    if (before == OPENING_CONSENT) /* the head's end was not the segment's: a banner followed it */
        return opening_after_text(bytes, length);
    if (before == OPENING_TUNNEL && is_dialogue(bytes))
        return OPENING_TUNNEL;
    return opening_by_client(skb, at, length, bytes);
}

/* RFC 1928 section 6: how long a reply is. Of one behind another nothing is known. */
static __always_inline __u32 socks5_reply_bytes(const __u8 *bytes, __u32 length)
{
    switch (bytes[3]) {
    case 1:
        return 10;
    case 3:
        return 7 + bytes[4];
    case 4:
        return 22;
    }
    return length;
}

/* Of an HTTP head, whose last line is empty; a few bytes alone can but be its end. */
static __always_inline bool head_ends(struct __sk_buff *skb, __u32 at, __u32 length)
{
    __u8 last[4] = {};

    if (length < sizeof(last))
        return !bpf_skb_load_bytes(skb, at + length - 1, last, 1) && last[0] == '\n';
    if (bpf_skb_load_bytes(skb, at + length - sizeof(last), last, sizeof(last)))
        return 0;
    return last[3] == '\n' && (last[2] == '\n' || last[1] == '\n');
}

/*
 * What a proxy's words lead to: NONE is its consent, and what follows is judged as if it came
 * first; TEXT is its consent and, behind it, the server's banner. A reply in pieces is not known
 * for one.
 */
__noinline __u32 opening_by_proxy(struct __sk_buff *skb, __u32 at, __u32 length, __u32 before)
{
    __u8 bytes[HTTP_STATUS_BYTES] = {};
    __u32 reply = SOCKS4_REPLY_BYTES;

    if (before == OPENING_CONSENT)
        return head_ends(skb, at, length) ? OPENING_NONE : OPENING_CONSENT;
    if (length < reply || bpf_skb_load_bytes(skb, at, bytes, SOCKS4_REPLY_BYTES))
        return OPENING_TUNNEL;
    if (bytes[0] == 0 && bytes[1] == 0x5a)
        return length == reply ? OPENING_NONE : OPENING_TEXT;
    if (bytes[0] == 5 && bytes[1] == 0) {
        reply = socks5_reply_bytes(bytes, length);
        if (length < reply)
            return OPENING_TUNNEL;
        return length == reply ? OPENING_NONE : OPENING_TEXT;
    }
    if (length < sizeof(bytes) || bpf_skb_load_bytes(skb, at, bytes, sizeof(bytes)) ||
        !BEGINS(bytes, length, "HTTP/1.") || bytes[9] != '2')
        return OPENING_TUNNEL;
    return head_ends(skb, at, length) ? OPENING_NONE : OPENING_CONSENT;
}
