/* SPDX-License-Identifier: MIT */
/* What is read of a message: the question, addresses along aliases, and nothing of broken bytes. */
#include "user/dns/message.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/dns_build.h"

static struct cs_dns_message message;

/* From memory of exactly that size, so that a sanitizer sees a byte too far. */
static int read_cut(const struct dns_bytes *bytes, size_t length)
{
    uint8_t *copy = malloc(length ? length : 1);
    int err;

    memcpy(copy, bytes->data, length);
    err = cs_dns_message_read(copy, length, &message);
    free(copy);
    return err;
}

static void expect_address(unsigned at, uint8_t last)
{
    cr_assert_gt(message.address_count, at);
    cr_expect_eq(message.addresses[at].bytes[15], last);
}

Test(message, a_query)
{
    struct dns_bytes bytes = dns_query(7, CS_DNS_AAAA, "Shop.Example");

    cr_assert_eq(read_cut(&bytes, bytes.length), 0);
    cr_expect_eq(message.id, 7);
    cr_expect_not(message.is_answer);
    cr_expect_eq(message.type, CS_DNS_AAAA);
    cr_expect_str_eq(message.name, "shop.example");
    cr_expect_eq(message.address_count, 0);
}

Test(message, addresses_of_an_answer)
{
    static const uint8_t mapped[16] = {[10] = 0xff, 0xff, 192, 0, 2, 1};
    struct dns_bytes bytes = dns_answer(7, CS_DNS_A, "shop.example", 0);

    dns_add_address(&bytes, "shop.example", "192.0.2.1");
    dns_add_address(&bytes, "SHOP.example", "192.0.2.2");
    cr_assert_eq(read_cut(&bytes, bytes.length), 0);
    cr_expect(message.is_answer);
    cr_expect_eq(message.address_count, 2);
    cr_expect_arr_eq(message.addresses[0].bytes, mapped, 16);
    expect_address(1, 2);
}

Test(message, aliases_are_followed_in_any_order)
{
    struct dns_bytes bytes = dns_answer(7, CS_DNS_AAAA, "www.example", 0);

    dns_add_address(&bytes, "edge.example", "2001:db8::5");
    dns_add_alias(&bytes, "shop.example", "edge.example");
    dns_add_alias(&bytes, "www.example", "shop.example");
    cr_assert_eq(read_cut(&bytes, bytes.length), 0);
    cr_expect_eq(message.address_count, 1);
    expect_address(0, 5);
}

Test(message, addresses_of_other_names_and_types_are_not_its_own)
{
    struct dns_bytes bytes = dns_answer(7, CS_DNS_A, "www.example", 0);

    dns_add_address(&bytes, "other.example", "192.0.2.9");
    dns_add_address(&bytes, "www.example", "2001:db8::9");
    cr_assert_eq(read_cut(&bytes, bytes.length), 0);
    cr_expect_eq(message.address_count, 0);
}

Test(message, a_ring_of_aliases_ends)
{
    struct dns_bytes bytes = dns_answer(7, CS_DNS_A, "a.example", 0);

    dns_add_alias(&bytes, "a.example", "b.example");
    dns_add_alias(&bytes, "b.example", "a.example");
    cr_assert_eq(read_cut(&bytes, bytes.length), 0);
    cr_expect_eq(message.address_count, 0);
}

Test(message, keeps_no_more_addresses_than_there_is_room_for)
{
    struct dns_bytes bytes = dns_answer(7, CS_DNS_A, "x.example", 0);

    for (int i = 0; i < CS_DNS_ADDRESSES + 1; i++)
        dns_add_address(&bytes, "x.example", "192.0.2.1");
    cr_assert_eq(read_cut(&bytes, bytes.length), 0);
    cr_expect_eq(message.address_count, CS_DNS_ADDRESSES);
    cr_expect_eq(message.left_out, 1);
}

Test(message, failure_and_truncation)
{
    struct dns_bytes bytes = dns_answer(7, CS_DNS_A, "x.example", DNS_NXDOMAIN);

    dns_truncate(&bytes);
    cr_assert_eq(read_cut(&bytes, bytes.length), 0);
    cr_expect_eq(message.rcode, DNS_NXDOMAIN);
    cr_expect(message.is_truncated);
}

Test(message, other_questions_are_none_of_ours)
{
    struct dns_bytes mail = dns_query(7, CS_DNS_A, "x.example"), chaos = mail, none = mail;

    mail.data[mail.length - 3] = 15; /* MX */
    cr_expect_eq(read_cut(&mail, mail.length), -ENOMSG);
    chaos.data[chaos.length - 1] = 3; /* class CH */
    cr_expect_eq(read_cut(&chaos, chaos.length), -ENOMSG);
    none.data[5] = 0;
    cr_expect_eq(read_cut(&none, 12), -ENOMSG);
}

/* As resolvers have it; the records that are announced are all there. */
Test(message, bytes_behind_its_end_are_no_part_of_it)
{
    struct dns_bytes bytes = dns_address(7, CS_DNS_A, "shop.example", "192.0.2.1");

    memcpy(bytes.data + bytes.length, "\0\0\0junk", 7);
    cr_assert_eq(read_cut(&bytes, bytes.length + 7), 0);
    cr_expect_eq(message.address_count, 1);
    bytes.data[9]++; /* of the authority */
    cr_expect_eq(read_cut(&bytes, bytes.length + 7), -EBADMSG);
}

Test(message, has_one_question)
{
    struct dns_bytes bytes = dns_query(7, CS_DNS_A, "x.example");

    bytes.data[5]++;
    memcpy(bytes.data + bytes.length, "\1y\0\0\1\0\1", 7);
    cr_expect_eq(read_cut(&bytes, bytes.length + 7), -ENOMSG);
}

Test(message, no_cut_message_is_read)
{
    struct dns_bytes bytes = dns_address(7, CS_DNS_A, "shop.example", "192.0.2.1");

    for (size_t length = 0; length < bytes.length; length++)
        cr_expect_eq(read_cut(&bytes, length), -EBADMSG, "%zu bytes", length);
}

Test(message, names_are_cut_to_their_room)
{
    char name[CS_DNS_NAME_BYTES], longer[300];

    memset(longer, 'A', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    cs_dns_name_copy(name, longer);
    cr_expect_eq(strlen(name), CS_DNS_NAME_BYTES - 1);
    cs_dns_name_copy(name, "Example.");
    cr_expect_str_eq(name, "example");
    cs_dns_name_copy(name, ".");
    cr_expect_str_eq(name, ".");
}
