/* SPDX-License-Identifier: MIT */
/* Records of port 53, as they come: what of each goes on a tape. */
#include "user/feed/asked.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/harness/dns_build.h"

static struct cs_asked asked;
static union ev_dns record;
static uint64_t socket_id, now_ns;

static void setup(void)
{
    socket_id = 1;
}

static void teardown(void)
{
    cs_asked_free(&asked);
}

TestSuite(asked, .init = setup, .fini = teardown);

/* With the prefix of TCP in front. */
static struct dns_bytes framed(struct dns_bytes bytes)
{
    struct dns_bytes stream = {.length = bytes.length + 2};

    stream.data[0] = (uint8_t)(bytes.length >> 8);
    stream.data[1] = (uint8_t)bytes.length;
    memcpy(stream.data + 2, bytes.data, bytes.length);
    return stream;
}

static struct dns_bytes text(const char *text)
{
    struct dns_bytes bytes = {.length = strlen(text)};

    memcpy(bytes.data, text, bytes.length);
    return bytes;
}

/* What a tape has of `length` bytes from `from` on. */
static const uint8_t *told(uint8_t flags, const struct dns_bytes *bytes, size_t from, size_t length)
{
    struct dns_bytes piece = {.length = length};

    memcpy(piece.data, bytes->data + from, length);
    record = ev_query(++now_ns, piece);
    record.dns.socket = socket_id;
    record.dns.flags = flags;
    record.dns.offset = (flags & CS_DNS_TCP ? 0xfffffff0u : 0) + (uint32_t)from;
    record.dns.total_bytes = (uint32_t)(flags & CS_DNS_TCP ? length : bytes->length);
    cs_asked_redact(&asked, &record.dns);
    return record.dns.data;
}

static void expect_kept(uint8_t flags, const struct dns_bytes *bytes, size_t from, size_t length)
{
    cr_expect_arr_eq(told(flags, bytes, from, length), bytes->data + from, length,
                     "from %zu, %zu bytes", from, length);
}

static void expect_hidden(uint8_t flags, const struct dns_bytes *bytes, size_t from, size_t length)
{
    const uint8_t *data = told(flags, bytes, from, length);

    for (size_t i = 0; i < length; i++)
        cr_expect_eq(data[i], 'x', "from %zu, byte %zu of %zu", from, i, length);
}

Test(asked, datagrams)
{
    struct dns_bytes query = dns_query(7, CS_DNS_A, "x.example"), other = text("SECRET datagram");

    expect_kept(0, &query, 0, query.length);
    expect_hidden(0, &other, 0, other.length);
    expect_kept(0, &query, 0, query.length);
}

Test(asked, a_datagram_in_pieces)
{
    struct dns_bytes query = dns_address(7, CS_DNS_A, "x.example", "192.0.2.1");
    struct dns_bytes other = text("SECRET datagram, and more of it");

    expect_kept(0, &query, 0, query.length - 5);
    expect_kept(0, &query, query.length - 5, 5);
    expect_hidden(0, &other, 0, 20);
    expect_hidden(0, &other, 20, other.length - 20);
    expect_hidden(0, &query, query.length - 5, 5); /* without the first */
    expect_kept(0, &query, 0, query.length - 5);
    expect_kept(0, &query, 0, query.length - 6); /* the next, though one has no end */
    expect_kept(0, &query, query.length - 6, 6);
}

Test(asked, a_stream_in_two_pieces)
{
    struct dns_bytes stream = framed(dns_address(7, CS_DNS_A, "x.example", "192.0.2.1"));
    size_t question = 2 + 12 + strlen("x.example") + 2 + 4;

    for (size_t cut = question; cut < stream.length; cut++, socket_id++) {
        expect_kept(CS_DNS_TCP, &stream, 0, cut);
        expect_kept(CS_DNS_TCP, &stream, cut, stream.length - cut);
    }
    for (size_t cut = 1; cut <= 2; cut++, socket_id++) { /* the length by itself */
        expect_kept(CS_DNS_TCP, &stream, 0, cut);
        expect_kept(CS_DNS_TCP, &stream, cut, stream.length - cut);
    }
    /* Of what is asked a part, nothing: it may turn out to be something else. */
    told(CS_DNS_TCP, &stream, 0, question - 1);
    cr_expect_eq(record.dns.data[16], 0);
    expect_kept(CS_DNS_TCP, &stream, question - 1, stream.length - question + 1);
}

Test(asked, messages_that_follow_each_other)
{
    struct dns_bytes stream = framed(dns_query(7, CS_DNS_A, "x.example"));
    struct dns_bytes other = framed(dns_query(8, CS_DNS_A, "secret.example"));
    size_t first = stream.length, all = first + other.length;

    other.data[other.length - 3] = 16; /* TXT */
    memcpy(stream.data + first, other.data, other.length);
    memcpy(stream.data + all, stream.data, first);
    stream.length = all + first;
    told(CS_DNS_TCP, &stream, 0, all + 1);
    cr_expect_arr_eq(record.dns.data, stream.data, first + 2 + 12);
    cr_expect_null(memmem(record.dns.data, all, "secret", 6));
    cr_expect_eq(record.dns.data[all], 0, "half of a length");
    expect_kept(CS_DNS_TCP, &stream, all + 1, first - 1);
    expect_kept(CS_DNS_TCP, &stream, 0, first); /* again */
}

Test(asked, repeated_bytes)
{
    struct dns_bytes stream = framed(dns_address(7, CS_DNS_A, "x.example", "192.0.2.1"));
    size_t cut = stream.length - 10;

    expect_kept(CS_DNS_TCP, &stream, 0, cut);
    expect_kept(CS_DNS_TCP, &stream, 0, cut);
    expect_kept(CS_DNS_TCP, &stream, cut - 3, 13);
    expect_hidden(CS_DNS_TCP, &stream, cut, 10); /* of which nothing is known any more */
}

Test(asked, a_stream_of_something_else)
{
    struct dns_bytes stream =
        text("POST /x?token=SECRET HTTP/1.1\r\nAuthorization: SECRET\r\n\r\n");
    struct dns_bytes query = framed(dns_query(7, CS_DNS_A, "x.example"));

    memcpy(stream.data + 100, query.data, query.length);
    expect_hidden(CS_DNS_TCP, &stream, 0, 40);
    expect_hidden(CS_DNS_TCP, &stream, 40, 60);
    expect_hidden(CS_DNS_TCP, &stream, 100, query.length);
    expect_hidden(CS_DNS_TCP, &stream, 0, 40);
    socket_id++;
    told(CS_DNS_TCP, &stream, 0, 2);
    for (size_t i = 2; i < 40; i++)
        expect_hidden(CS_DNS_TCP, &stream, i, 1);
}

Test(asked, behind_a_gap_is_a_begin)
{
    struct dns_bytes stream = framed(dns_address(7, CS_DNS_A, "x.example", "192.0.2.1"));
    size_t length = stream.length;

    memcpy(stream.data + length + 5, stream.data, length);
    expect_kept(CS_DNS_TCP, &stream, 0, length - 1);
    expect_kept(CS_DNS_TCP, &stream, length + 5, length);
    memset(stream.data + 500, 'S', 100);
    expect_hidden(CS_DNS_TCP, &stream, 500, 100);
}

Test(asked, a_message_that_is_too_long)
{
    struct dns_bytes stream = framed(dns_answer(7, CS_DNS_A, "x.example", 0));
    size_t step = DNS_BYTES / 2, at = 0;
    uint32_t offset = 0;

    stream.data[0] = stream.data[1] = 0xff;
    memset(stream.data + stream.length, 'S', DNS_BYTES - stream.length);
    for (; offset < 40000; offset += (uint32_t)step, at = step) {
        struct dns_bytes piece = {.length = step};

        memcpy(piece.data, stream.data + at, step);
        record = ev_query(++now_ns, piece);
        record.dns.flags = CS_DNS_TCP;
        record.dns.offset = offset;
        cs_asked_redact(&asked, &record.dns);
        cr_expect_null(memmem(record.dns.data, step, "SSS", 3), "at %u", offset);
    }
}

Test(asked, the_one_used_longest_ago_goes)
{
    struct dns_bytes query = dns_address(7, CS_DNS_A, "x.example", "192.0.2.1");

    for (socket_id = 1; socket_id <= CS_ASKED_PARTS + 1; socket_id++)
        expect_kept(0, &query, 0, query.length - 5);
    socket_id = 2;
    expect_kept(0, &query, query.length - 5, 5);
    socket_id = 1;
    expect_hidden(0, &query, query.length - 5, 5);
}
