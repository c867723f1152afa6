/* SPDX-License-Identifier: MIT */
/*
 * LDAP's StartTLS (RFC 4511 section 4.14): an LDAPMessage with an ExtendedRequest of that name. BER
 * lengths may be long (RFC 4511 section 5.1 asks for definite ones only).
 */
#include "user/preamble/opening.h"

#include <stdbool.h>
#include <string.h>

enum {
    TAG_SEQUENCE = 0x30,
    TAG_INTEGER = 0x02,
    TAG_EXTENDED_REQUEST = 0x77,
    TAG_REQUEST_NAME = 0x80,
    LONG_FORM = 0x80,
    LENGTH_MAX_BYTES = 4,
    MESSAGE_MAX_BYTES = 4096,
};

static const char start_tls[] = "1.3.6.1.4.1.1466.20037";

struct ber {
    const __u8 *data;
    size_t length;
    size_t at;
    enum cs_match match; /* NO or MORE: where reading stopped */
};

static __u8 next_byte(struct ber *ber)
{
    if (ber->match != CS_MATCH_YES)
        return 0;
    if (ber->at < ber->length)
        return ber->data[ber->at++];
    ber->match = CS_MATCH_MORE;
    return 0;
}

static void require(struct ber *ber, bool holds)
{
    if (ber->match == CS_MATCH_YES && !holds)
        ber->match = CS_MATCH_NO;
}

/* The identifier and the length, which is returned. */
static size_t enter(struct ber *ber, __u8 tag)
{
    size_t length;
    __u8 first;

    require(ber, next_byte(ber) == tag);
    first = next_byte(ber);
    if (!(first & LONG_FORM))
        return first;
    length = 0;
    first &= ~LONG_FORM;
    require(ber, first >= 1 && first <= LENGTH_MAX_BYTES);
    for (int i = 0; i < first && ber->match == CS_MATCH_YES; i++)
        length = length << 8 | next_byte(ber);
    return length;
}

enum cs_match cs_match_ldap(const __u8 *data, size_t length, size_t *message_bytes)
{
    struct ber ber = {data, length, 0, CS_MATCH_YES};
    size_t content = enter(&ber, TAG_SEQUENCE);
    size_t id_bytes;

    *message_bytes = ber.at + content;
    require(&ber, content >= sizeof(start_tls) && content <= MESSAGE_MAX_BYTES);
    id_bytes = enter(&ber, TAG_INTEGER);
    require(&ber, id_bytes >= 1 && id_bytes <= LENGTH_MAX_BYTES);
    for (size_t i = 0; i < id_bytes && ber.match == CS_MATCH_YES; i++)
        next_byte(&ber);
    enter(&ber, TAG_EXTENDED_REQUEST);
    require(&ber, enter(&ber, TAG_REQUEST_NAME) == strlen(start_tls));
    for (size_t i = 0; i < strlen(start_tls) && ber.match == CS_MATCH_YES; i++)
        require(&ber, next_byte(&ber) == (__u8)start_tls[i]);
    return ber.match;
}
