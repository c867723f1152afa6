/* SPDX-License-Identifier: MIT */
/* Addresses as text: v4-mapped IPv6 (RFC 4291 2.5.5.2) is IPv4 for everyone who reads an entry. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { CS_ADDRESS_TEXT_BYTES = 46 }; /* INET6_ADDRSTRLEN */

struct cs_address {
    char text[CS_ADDRESS_TEXT_BYTES];
    bool is_ipv6;
    bool is_known; /* false: all zeroes, nobody had chosen it yet */
};

/* `family` as in struct cs_facts: AF_INET reads the first 4 bytes. */
void cs_address_read(uint16_t family, const uint8_t bytes[16], struct cs_address *address);
