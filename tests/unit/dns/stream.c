/* SPDX-License-Identifier: MIT */
/* Pieces of messages, by UDP and TCP: in order, in any cut, repeated, with gaps. */
#include "user/dns/stream.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/harness/dns_build.h"

static struct cs_dns_streams streams;
static char seen[256];

static void note(void *context, const struct cs_event_dns *piece, const uint8_t *data,
                 size_t length)
{
    (void)context;
    (void)piece;
    strncat(seen, (const char *)data, length);
    strcat(seen, "|");
}

static void reset(void)
{
    cs_dns_streams_free(&streams);
    seen[0] = '\0';
}

TestSuite(stream, .init = reset, .fini = reset);

static unsigned feed(uint8_t flags, uint32_t offset, const char *text, size_t length,
                     uint32_t total)
{
    struct dns_bytes bytes = {.length = length};
    union ev_dns event;

    memcpy(bytes.data, text, length);
    event = ev_query(S, bytes);
    event.dns.flags = flags;
    event.dns.offset = offset;
    event.dns.total_bytes = total ? total : event.dns.data_bytes;
    return cs_dns_streams_feed(&streams, &event.dns, note, NULL);
}

#define TCP(offset, literal) feed(CS_DNS_TCP, offset, literal, sizeof(literal) - 1, 0)

Test(stream, a_datagram_passes)
{
    cr_expect_eq(feed(0, 0, "abc", 3, 3), 0);
    cr_expect_str_eq(seen, "abc|");
}

Test(stream, a_long_datagram_comes_in_pieces)
{
    cr_expect_eq(feed(0, 0, "abc", 3, 5), 0);
    cr_expect_str_eq(seen, "");
    cr_expect_eq(feed(0, 3, "de", 2, 5), 0);
    cr_expect_str_eq(seen, "abcde|");
}

Test(stream, a_datagram_without_its_end_is_lost_to_the_next)
{
    cr_expect_eq(feed(0, 0, "abc", 3, 5), 0);
    cr_expect_eq(feed(0, 0, "ab", 2, 4), 1);
    cr_expect_eq(feed(0, 2, "cd", 2, 4), 0);
    cr_expect_str_eq(seen, "abcd|");
}

Test(stream, tcp_whole)
{
    cr_expect_eq(TCP(100, "\0\3abc"), 0);
    cr_expect_str_eq(seen, "abc|");
}

Test(stream, tcp_byte_by_byte_and_two_in_one_segment)
{
    static const char text[] = "\0\3abc\0\2de";

    for (uint32_t i = 0; i < sizeof(text) - 1; i++)
        cr_expect_eq(feed(CS_DNS_TCP, 0xfffffffeu + i, text + i, 1, 0), 0);
    cr_expect_eq(TCP(5, "\0\2fg\0\1h"), 0);
    cr_expect_str_eq(seen, "abc|de|fg|h|");
}

Test(stream, repeated_bytes_count_once)
{
    TCP(10, "\0\5ab");
    cr_expect_eq(TCP(10, "\0\5ab"), 0);
    cr_expect_eq(TCP(12, "abcde"), 0);
    cr_expect_str_eq(seen, "abcde|");
}

Test(stream, a_gap_loses_what_was_begun)
{
    TCP(10, "\0\5ab");
    cr_expect_eq(TCP(17, "\0\1x"), 1);
    cr_expect_str_eq(seen, "x|");
}

Test(stream, more_than_the_room_is_lost)
{
    char text[DNS_BYTES];
    unsigned lost = 0;

    memset(text, 'y', sizeof(text));
    text[0] = text[1] = (char)0xff;
    for (uint32_t at = 0; at < CS_DNS_STREAM_BYTES + DNS_BYTES; at += DNS_BYTES)
        lost += feed(CS_DNS_TCP, at, text, sizeof(text), 0);
    cr_expect_gt(lost, 0);
    cr_expect_str_eq(seen, "");
}

Test(stream, the_oldest_slot_is_taken_over)
{
    unsigned lost = 0;

    for (unsigned i = 0; i < CS_DNS_STREAMS + 1; i++) {
        struct dns_bytes bytes = {.data = "\0\5ab", .length = 4};
        union ev_dns event = ev_query(S + i, bytes);

        event.dns.flags = CS_DNS_TCP;
        event.dns.socket = i + 1;
        lost += cs_dns_streams_feed(&streams, &event.dns, note, NULL);
    }
    cr_expect_eq(lost, 1);
}
