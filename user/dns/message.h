/* SPDX-License-Identifier: MIT */
/*
 * One DNS message (RFC 1035) as far as a lookup of addresses needs it: the question, and the
 * addresses that answer it. The bytes are read by libc's resolver parser; hostile ones cannot harm.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CS_DNS_NAME_BYTES = 256, /* RFC 1035 2.3.4: 255, and the NUL */
    CS_DNS_ADDRESSES = 32,   /* kept of one lookup: what fills a datagram of 512 bytes */
};

enum cs_dns_type { CS_DNS_A, CS_DNS_AAAA, CS_DNS_TYPE_COUNT };

/* As in an IPv6 socket: IPv4 comes v4-mapped (RFC 4291 2.5.5.2). */
struct cs_dns_address {
    uint8_t bytes[16];
};

struct cs_dns_message {
    uint16_t id;
    bool is_answer;
    bool is_truncated; /* the answer comes again by TCP (RFC 7766) */
    uint8_t rcode;
    enum cs_dns_type type;
    char name[CS_DNS_NAME_BYTES]; /* of the question: lower case, no dot at the end */
    unsigned left_out;            /* addresses that found no room */
    unsigned address_count;
    struct cs_dns_address addresses[CS_DNS_ADDRESSES];
};

/*
 * 0; -ENOMSG: well formed, but no question for addresses in class IN; -EBADMSG: not a message.
 */
int cs_dns_message_read(const uint8_t *data, size_t length, struct cs_dns_message *message);

void cs_dns_address_set_ipv4(struct cs_dns_address *address, const uint8_t bytes[4]);

/* Writes `name` as messages have it, cut to the room. */
void cs_dns_name_copy(char to[CS_DNS_NAME_BYTES], const char *name);
