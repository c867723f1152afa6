/* SPDX-License-Identifier: MIT */
/* Three families in, two out. */
#include "user/entry/address.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>

static struct cs_address read_text(int family, const char *text)
{
    struct cs_address address;
    uint8_t bytes[16] = {0};

    cr_assert_eq(inet_pton(family, text, bytes), 1);
    cs_address_read((uint16_t)family, bytes, &address);
    return address;
}

Test(address, ipv4)
{
    struct cs_address address = read_text(AF_INET, "192.0.2.1");

    cr_expect_str_eq(address.text, "192.0.2.1");
    cr_expect_not(address.is_ipv6);
    cr_expect(address.is_known);
    cr_expect_str_eq(read_text(AF_INET, "255.10.0.100").text, "255.10.0.100");
}

Test(address, ipv6)
{
    struct cs_address address = read_text(AF_INET6, "2001:db8::1");

    cr_expect_str_eq(address.text, "2001:db8::1");
    cr_expect(address.is_ipv6);
    cr_expect(address.is_known);
}

Test(address, v4_mapped_is_ipv4)
{
    struct cs_address address = read_text(AF_INET6, "::ffff:192.0.2.1");

    cr_expect_str_eq(address.text, "192.0.2.1");
    cr_expect_not(address.is_ipv6);
    cr_expect(address.is_known);
}

Test(address, all_zeroes_are_not_known)
{
    cr_expect_not(read_text(AF_INET, "0.0.0.0").is_known);
    cr_expect_not(read_text(AF_INET6, "::").is_known);
    cr_expect_not(read_text(AF_INET6, "::ffff:0.0.0.0").is_known);
    cr_expect(read_text(AF_INET6, "::1").is_known);
}
