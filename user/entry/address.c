/* SPDX-License-Identifier: MIT */
/* inet_ntop(3), after the unmapping. */
#include "user/entry/address.h"

#include <arpa/inet.h>
#include <string.h>

_Static_assert(CS_ADDRESS_TEXT_BYTES == INET6_ADDRSTRLEN, "room for any address");

static bool is_mapped(const uint8_t bytes[16])
{
    static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

    return !memcmp(bytes, prefix, sizeof(prefix));
}

struct cs_address cs_address_read(uint16_t family, const uint8_t bytes[16])
{
    static const uint8_t zeroes[16];
    struct cs_address address = {.is_ipv6 = family == AF_INET6 && !is_mapped(bytes)};
    const uint8_t *significant = family == AF_INET6 && !address.is_ipv6 ? bytes + 12 : bytes;

    address.is_known = memcmp(significant, zeroes, address.is_ipv6 ? 16 : 4) != 0;
    inet_ntop(address.is_ipv6 ? AF_INET6 : AF_INET, significant, address.text,
              sizeof(address.text));
    return address;
}
