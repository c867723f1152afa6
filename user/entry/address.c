/* SPDX-License-Identifier: MIT */
/* inet_ntop(3), after the unmapping; but IPv4, which is most of it, by hand. */
#include "user/entry/address.h"

#include <arpa/inet.h>
#include <string.h>

#include "user/entry/decimal.h"

_Static_assert(CS_ADDRESS_TEXT_BYTES == INET6_ADDRSTRLEN, "room for any address");

static bool is_mapped(const uint8_t bytes[16])
{
    static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

    return !memcmp(bytes, prefix, sizeof(prefix));
}

static void write_ipv4(const uint8_t bytes[4], char *at)
{
    for (int i = 0; i < 4; i++) {
        at = cs_decimal_write(at, bytes[i]);
        *at++ = i < 3 ? '.' : '\0';
    }
}

void cs_address_read(uint16_t family, const uint8_t bytes[16], struct cs_address *address)
{
    static const uint8_t zeroes[16];

    address->is_ipv6 = family == AF_INET6 && !is_mapped(bytes);
    if (address->is_ipv6) {
        inet_ntop(AF_INET6, bytes, address->text, sizeof(address->text));
        address->is_known = memcmp(bytes, zeroes, 16) != 0;
        return;
    }
    if (family == AF_INET6)
        bytes += 12;
    write_ipv4(bytes, address->text);
    address->is_known = memcmp(bytes, zeroes, 4) != 0;
}
