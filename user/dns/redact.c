/* SPDX-License-Identifier: MIT */
/* A zero is a root name, no type, no length: what is overwritten by zeroes is a message still. */
#include "user/dns/redact.h"

#include <arpa/nameser.h>
#include <errno.h>
#include <string.h>

#include "user/dns/message.h"

enum {
    NO_MESSAGE =
        'x', /* as flags an opcode that nobody has, as counts more than there is room for */
    LABEL_KIND = 0xc0, /* RFC 1035 4.1.4 */
    OPCODE = 0x78,     /* of the first byte of the flags */
};

static void hide(uint8_t *data, size_t from, size_t length)
{
    if (from < length)
        memset(data + from, 0, length - from);
}

static size_t get16(const uint8_t *data)
{
    return (size_t)data[0] << 8 | data[1];
}

/* A query by its header (RFC 1035 4.1.1), in whose bytes all that it announces has room. */
static bool is_plausible(const uint8_t *header, size_t whole)
{
    size_t records = get16(header + 6) + get16(header + 8) + get16(header + 10);

    return !(header[2] & OPCODE) && get16(header + 4) == 1 &&
           NS_HFIXEDSZ + 1 + NS_QFIXEDSZ + records * (1 + NS_RRFIXEDSZ) <= whole;
}

/* Where a name ends, which may be behind `length`; 0: it is none. */
static size_t end_of_name(const uint8_t *data, size_t length, size_t at)
{
    size_t last = at + NS_MAXCDNAME;

    while (at < length && at < last) {
        uint8_t label = data[at];

        if (label == 0)
            return at + 1;
        if ((label & LABEL_KIND) == LABEL_KIND)
            return at + 2;
        if (label & LABEL_KIND)
            return 0;
        at += 1 + (size_t)label;
    }
    return at < last ? at : 0;
}

/* Is the name that ends there one that points elsewhere? In front of a root label no byte looks so:
 * UTF-8 ends with none above 0xbf. */
static bool is_pointer(const uint8_t *data, size_t end)
{
    return data[end - 1] || (end >= NS_HFIXEDSZ + 2 && (data[end - 2] & LABEL_KIND) == LABEL_KIND);
}

/* Where a question for addresses ends; 0: it is none, or goes on. */
static size_t end_of_question(const uint8_t *data, size_t length)
{
    size_t end = end_of_name(data, length, NS_HFIXEDSZ);
    size_t type;

    if (!end || end + NS_QFIXEDSZ > length || is_pointer(data, end)) /* nothing it may point to */
        return 0;
    type = get16(data + end);
    if ((type != ns_t_a && type != ns_t_aaaa) || get16(data + end + 2) != ns_c_in)
        return 0;
    return end + NS_QFIXEDSZ;
}

/* Where in the data of an answer, of which there is more up to `end`, that ends which says
 * something of addresses. */
static size_t end_of_kept(size_t type, const uint8_t *data, size_t length, size_t at, size_t end)
{
    size_t bytes = type == ns_t_a ? NS_INADDRSZ : NS_IN6ADDRSZ;
    size_t name;

    switch (type) {
    case ns_t_a:
    case ns_t_aaaa:
        return end - at == bytes ? end : at;
    case ns_t_dname: /* an alias's name may point into it */
    case ns_t_cname:
        name = end_of_name(data, length, at);
        return name ? name : at;
    default:
        return at;
    }
}

/* Returns where it ends, which may be behind `length`; 0: it is none. */
static size_t redact_record(uint8_t *data, size_t length, size_t at)
{
    size_t fixed = end_of_name(data, length, at);
    size_t start = fixed + NS_RRFIXEDSZ;
    size_t type, end, seen;

    if (!fixed || start > length)
        return fixed ? start : 0;
    type = get16(data + fixed);
    end = start + get16(data + start - 2);
    seen = end < length ? end : length;
    hide(data, end_of_kept(type, data, seen, start, end), seen);
    return end;
}

/* And what follows them. */
static void redact_answers(uint8_t *data, size_t length, size_t at)
{
    size_t count = get16(data + 6);

    for (size_t i = 0; i < count && at < length; i++) {
        size_t end = redact_record(data, length, at);

        if (!end)
            break;
        at = end;
    }
    hide(data, at, length);
}

/* What came of one that goes on; -EAGAIN: not even a header. */
static int judge_begun(const uint8_t *data, size_t length, size_t whole)
{
    if (whole < NS_HFIXEDSZ)
        return -EBADMSG;
    if (length < NS_HFIXEDSZ)
        return -EAGAIN;
    return is_plausible(data, whole) ? 0 : -EBADMSG;
}

bool cs_dns_redact(uint8_t *data, size_t length, size_t whole)
{
    struct cs_dns_message message;
    size_t question;
    int err = length < whole ? judge_begun(data, length, whole)
                             : cs_dns_message_read(data, length, &message);

    if (err == -EBADMSG || err == -EAGAIN) {
        memset(data, NO_MESSAGE, length);
        return err == -EAGAIN;
    }
    question = err ? 0 : end_of_question(data, length);
    if (question)
        redact_answers(data, length, question);
    else
        hide(data, NS_HFIXEDSZ, length);
    return true;
}
