/* SPDX-License-Identifier: MIT */
/* ns_initparse(3) and its kin do the reading; here answers are followed from the question. */
#include "user/dns/message.h"

#include <arpa/nameser.h>
#include <ctype.h>
#include <errno.h>
#include <resolv.h>
#include <string.h>
#include <strings.h>

/* Resolvers follow a chain of aliases as far as it goes; a message has room for longer ones, but
 * each step looks through all of it. */
enum { CHAIN_LENGTH = 64 };

void cs_dns_address_set_ipv4(struct cs_dns_address *address, const uint8_t bytes[4])
{
    *address = (struct cs_dns_address){{[10] = 0xff, [11] = 0xff}};
    memcpy(address->bytes + 12, bytes, 4);
}

void cs_dns_name_copy(char to[CS_DNS_NAME_BYTES], const char *name)
{
    size_t length = strnlen(name, CS_DNS_NAME_BYTES - 1);

    for (size_t i = 0; i < length; i++)
        to[i] = (char)tolower((unsigned char)name[i]);
    if (length > 1 && to[length - 1] == '.')
        length--;
    to[length] = '\0';
}

/* RFC 9619: one, or none. */
static int read_question(ns_msg *handle, struct cs_dns_message *message)
{
    ns_rr question;

    if (ns_msg_count(*handle, ns_s_qd) != 1)
        return -ENOMSG;
    if (ns_parserr(handle, ns_s_qd, 0, &question))
        return -EBADMSG;
    if (ns_rr_class(question) != ns_c_in)
        return -ENOMSG;
    if (ns_rr_type(question) == ns_t_a)
        message->type = CS_DNS_A;
    else if (ns_rr_type(question) == ns_t_aaaa)
        message->type = CS_DNS_AAAA;
    else
        return -ENOMSG;
    cs_dns_name_copy(message->name, ns_rr_name(question));
    return 0;
}

/* The name that `name` is an alias of; false: it is none. */
static bool follow_alias(ns_msg *handle, char name[NS_MAXDNAME])
{
    for (int i = 0; i < ns_msg_count(*handle, ns_s_an); i++) {
        ns_rr record;

        if (ns_parserr(handle, ns_s_an, i, &record))
            return false;
        if (ns_rr_type(record) != ns_t_cname || strcasecmp(ns_rr_name(record), name) != 0)
            continue;
        return dn_expand(ns_msg_base(*handle), ns_msg_end(*handle), ns_rr_rdata(record), name,
                         NS_MAXDNAME) > 0;
    }
    return false;
}

static void add_address(struct cs_dns_message *message, const ns_rr *record)
{
    struct cs_dns_address *address = &message->addresses[message->address_count];

    if (message->address_count == CS_DNS_ADDRESSES) {
        message->left_out++;
        return;
    }
    if (message->type == CS_DNS_A && ns_rr_rdlen(*record) == NS_INADDRSZ)
        cs_dns_address_set_ipv4(address, ns_rr_rdata(*record));
    else if (message->type == CS_DNS_AAAA && ns_rr_rdlen(*record) == NS_IN6ADDRSZ)
        memcpy(address->bytes, ns_rr_rdata(*record), NS_IN6ADDRSZ);
    else
        return;
    message->address_count++;
}

static void read_addresses(ns_msg *handle, struct cs_dns_message *message)
{
    ns_type wanted = message->type == CS_DNS_A ? ns_t_a : ns_t_aaaa;
    char name[NS_MAXDNAME];

    strcpy(name, message->name);
    for (int i = 0; i < CHAIN_LENGTH && follow_alias(handle, name); i++)
        ;
    for (int i = 0; i < ns_msg_count(*handle, ns_s_an); i++) {
        ns_rr record;

        if (ns_parserr(handle, ns_s_an, i, &record))
            return;
        if (ns_rr_type(record) == wanted && !strcasecmp(ns_rr_name(record), name))
            add_address(message, &record);
    }
}

/* Where the last record ends; 0: the bytes end before. What lies behind it, which ns_initparse(3)
 * does not stand, no resolver minds: neither glibc's nor musl's nor Go's. */
static size_t end_of_records(const uint8_t *data, size_t length)
{
    size_t at = NS_HFIXEDSZ;

    if (length < NS_HFIXEDSZ)
        return 0;
    for (int section = ns_s_qd; section < ns_s_max; section++) {
        const uint8_t *count = data + 4 + 2 * section; /* RFC 1035 4.1.1 */
        int bytes = ns_skiprr(data + at, data + length, (ns_sect)section, count[0] << 8 | count[1]);

        if (bytes < 0)
            return 0;
        at += (size_t)bytes;
    }
    return at;
}

int cs_dns_message_read(const uint8_t *data, size_t length, struct cs_dns_message *message)
{
    ns_msg handle;
    int err;

    *message = (struct cs_dns_message){0};
    length = length > NS_MAXMSG ? 0 : end_of_records(data, length);
    if (!length || ns_initparse(data, (int)length, &handle))
        return -EBADMSG;
    message->id = ns_msg_id(handle);
    message->is_answer = ns_msg_getflag(handle, ns_f_qr);
    message->is_truncated = ns_msg_getflag(handle, ns_f_tc);
    message->rcode = (uint8_t)ns_msg_getflag(handle, ns_f_rcode);
    if (ns_msg_getflag(handle, ns_f_opcode) != ns_o_query)
        return -ENOMSG;
    err = read_question(&handle, message);
    if (!err && message->is_answer)
        read_addresses(&handle, message);
    return err;
}
