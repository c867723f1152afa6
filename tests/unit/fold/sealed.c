/* SPDX-License-Identifier: MIT */
/* Where a response inside TLS 1.3 begins: behind session tickets, or maybe behind one. What belongs
 * to none: alerts, KeyUpdates; and what belongs together: a request and its body behind a 100. */
#include "user/fold/sealed.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/harness/events.h"
#include "user/tls/facts.h"

enum {
    AES_128_GCM = 0x1301,
    TICKET = 250,
    HEAD = 180,
    BODY = 9000,
    ALERT = 19,
    REKEY = 22,
    CONTINUE = 42
};

static struct cs_sealed sealed;
static struct cs_http_exchange exchange;
static uint64_t end[CS_DIRECTION_COUNT];
static uint64_t last_ns[CS_DIRECTION_COUNT];

static void setup(void)
{
    cs_sealed_init(&sealed, CS_TLS_1_3, AES_128_GCM);
    memset(end, 0, sizeof(end));
    memset(last_ns, 0, sizeof(last_ns));
}

TestSuite(sealed, .init = setup);

/* A packet with records of these lengths, up to the first 0. */
static void tell(enum cs_turn_news news, enum cs_direction direction, uint64_t at_ns,
                 const uint16_t lengths[3])
{
    union ev_turn event = ev_turn(1, at_ns, news, "");

    event.turn.direction = (uint8_t)direction;
    event.turn.is_sealed = true;
    event.turn.offset = end[direction];
    memcpy(event.turn.end, end, sizeof(end));
    memcpy(event.turn.last_ns, last_ns, sizeof(last_ns));
    last_ns[direction] = at_ns;
    for (int i = 0; i < 3 && lengths[i]; i++) {
        uint8_t *header = event.turn.data + event.turn.data_bytes;

        header[0] = 23;
        header[1] = header[2] = 3;
        header[3] = (uint8_t)(lengths[i] >> 8);
        header[4] = (uint8_t)lengths[i];
        event.turn.data_bytes += 5;
        end[direction] += 5u + lengths[i];
    }
    cs_sealed_add(&sealed, &event.turn);
}

static void ask(void)
{
    tell(CS_TURN_BEGIN, CS_FROM_CLIENT, S, (const uint16_t[3]){100});
}

static void expect(uint64_t headers_ns, uint32_t flags)
{
    union ev_turn last = ev_turn(1, 2 * S, CS_TURN_END, "");

    memcpy(last.turn.end, end, sizeof(end));
    memcpy(last.turn.last_ns, last_ns, sizeof(last_ns));
    cs_sealed_close(&sealed, &last.turn);
    cr_assert(cs_sealed_next(&sealed, &exchange));
    cr_expect_eq(exchange.headers_ns, headers_ns, "%zu", (size_t)exchange.headers_ns);
    cr_expect_eq(exchange.flags, flags, "%x", exchange.flags);
}

Test(sealed, two_tickets_are_no_response)
{
    ask();
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, S + MS, (const uint16_t[3]){TICKET});
    tell(CS_TURN_MORE, CS_FROM_SERVER, S + 2 * MS, (const uint16_t[3]){TICKET});
    tell(CS_TURN_MORE, CS_FROM_SERVER, S + 9 * MS, (const uint16_t[3]){HEAD, BODY});
    expect(S + 9 * MS, 0);
}

Test(sealed, what_may_be_one_ticket_is_said)
{
    ask();
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, S + MS, (const uint16_t[3]){TICKET});
    tell(CS_TURN_MORE, CS_FROM_SERVER, S + 9 * MS, (const uint16_t[3]){HEAD, BODY});
    expect(S + MS, CS_HTTP_TICKET);
}

Test(sealed, in_one_packet_it_does_not_matter)
{
    ask();
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, S + MS, (const uint16_t[3]){TICKET, BODY});
    tell(CS_TURN_MORE, CS_FROM_SERVER, S + 9 * MS, (const uint16_t[3]){BODY});
    expect(S + MS, 0);
}

Test(sealed, tickets_come_before_the_first_response_alone)
{
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, S - MS, (const uint16_t[3]){TICKET});
    ask();
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, S + MS, (const uint16_t[3]){HEAD});
    tell(CS_TURN_MORE, CS_FROM_SERVER, S + 9 * MS, (const uint16_t[3]){BODY});
    expect(S + MS, 0);
}

/* One crossed the request on its way. */
Test(sealed, a_ticket_may_come_before_the_request_and_another_behind_it)
{
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, S - MS, (const uint16_t[3]){TICKET});
    ask();
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, S + MS, (const uint16_t[3]){TICKET});
    tell(CS_TURN_MORE, CS_FROM_SERVER, S + 9 * MS, (const uint16_t[3]){HEAD, BODY});
    expect(S + 9 * MS, 0);
    cr_expect_eq(exchange.response_bytes, 5u + HEAD + 5u + BODY);
}

Test(sealed, after_two_tickets_a_response_may_be_as_long)
{
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, S - MS, (const uint16_t[3]){TICKET, TICKET});
    ask();
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, S + MS, (const uint16_t[3]){TICKET});
    tell(CS_TURN_MORE, CS_FROM_SERVER, S + 9 * MS, (const uint16_t[3]){BODY});
    expect(S + MS, 0);
}

Test(sealed, a_long_record_is_no_ticket)
{
    ask();
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, S + MS, (const uint16_t[3]){BODY});
    tell(CS_TURN_MORE, CS_FROM_SERVER, S + 9 * MS, (const uint16_t[3]){HEAD});
    expect(S + MS, 0);
}

Test(sealed, the_alert_of_the_close_is_no_part_of_the_response)
{
    ask();
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, S + MS, (const uint16_t[3]){HEAD, BODY});
    tell(CS_TURN_MORE, CS_FROM_SERVER, S + 900 * MS, (const uint16_t[3]){ALERT});
    expect(S + MS, 0);
    cr_expect_eq(exchange.response_end_ns, S + MS);
    cr_expect_eq(exchange.response_bytes, 5u + HEAD + 5u + BODY);
}

Test(sealed, nor_are_the_alerts_with_which_both_ends_close)
{
    ask();
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, S + MS, (const uint16_t[3]){HEAD, BODY});
    tell(CS_TURN_BEGIN, CS_FROM_CLIENT, S + 900 * MS, (const uint16_t[3]){ALERT});
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, S + 901 * MS, (const uint16_t[3]){ALERT});
    expect(S + MS, 0);
    cr_expect_eq(exchange.request_end_ns, S);
    cr_expect_eq(exchange.request_bytes, 5u + 100u);
    cr_expect_eq(exchange.response_end_ns, S + MS);
    cr_expect_eq(exchange.response_bytes, 5u + HEAD + 5u + BODY);
}

Test(sealed, two_bytes_of_a_body_are_as_long_as_an_alert)
{
    ask();
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, S + MS, (const uint16_t[3]){HEAD});
    tell(CS_TURN_MORE, CS_FROM_SERVER, S + 9 * MS, (const uint16_t[3]){ALERT});
    tell(CS_TURN_BEGIN, CS_FROM_CLIENT, S + 20 * MS, (const uint16_t[3]){100});
    cr_assert(cs_sealed_next(&sealed, &exchange));
    cr_expect_eq(exchange.response_end_ns, S + 9 * MS);
    cr_expect_eq(exchange.response_bytes, 5u + HEAD + 5u + ALERT);
}

Test(sealed, a_key_update_asks_for_nothing)
{
    ask();
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, S + MS, (const uint16_t[3]){HEAD});
    tell(CS_TURN_BEGIN, CS_FROM_CLIENT, S + 300 * MS, (const uint16_t[3]){REKEY});
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, S + 301 * MS, (const uint16_t[3]){REKEY});
    tell(CS_TURN_BEGIN, CS_FROM_CLIENT, S + 600 * MS, (const uint16_t[3]){REKEY});
    tell(CS_TURN_MORE, CS_FROM_CLIENT, S + 700 * MS, (const uint16_t[3]){100});
    cr_assert(cs_sealed_next(&sealed, &exchange));
    cr_expect_eq(exchange.response_end_ns, S + MS);
    cr_expect_eq(exchange.response_bytes, 5u + HEAD);
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, S + 701 * MS, (const uint16_t[3]){HEAD});
    expect(S + 701 * MS, 0);
    cr_expect_eq(exchange.request_start_ns, S + 700 * MS);
    cr_expect_eq(exchange.request_bytes, 5u + 100u);
}

Test(sealed, the_last_chunk_is_as_long_as_a_key_update)
{
    ask();
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, S + MS, (const uint16_t[3]){HEAD, BODY});
    tell(CS_TURN_MORE, CS_FROM_SERVER, S + 9 * MS, (const uint16_t[3]){REKEY});
    expect(S + MS, 0);
    cr_expect_eq(exchange.response_end_ns, S + 9 * MS);
}

Test(sealed, behind_a_100_the_request_goes_on)
{
    ask();
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, S + MS, (const uint16_t[3]){TICKET});
    tell(CS_TURN_MORE, CS_FROM_SERVER, S + 2 * MS, (const uint16_t[3]){CONTINUE});
    tell(CS_TURN_BEGIN, CS_FROM_CLIENT, S + 3 * MS, (const uint16_t[3]){BODY, BODY});
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, S + 9 * MS, (const uint16_t[3]){HEAD});
    expect(S + 9 * MS, 0);
    cr_expect_eq(exchange.request_start_ns, S);
    cr_expect_eq(exchange.request_end_ns, S + 3 * MS);
    cr_expect_eq(exchange.request_bytes, 5u + 100u + 2 * (5u + BODY));
    cr_expect_eq(exchange.interim_ns, S + 2 * MS);
}

Test(sealed, a_short_response_is_one_if_more_follows)
{
    ask();
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, S + MS, (const uint16_t[3]){CONTINUE, BODY});
    tell(CS_TURN_BEGIN, CS_FROM_CLIENT, S + 3 * MS, (const uint16_t[3]){100});
    cr_assert(cs_sealed_next(&sealed, &exchange));
    cr_expect_eq(exchange.headers_ns, S + MS);
}

/* It may have been all the response there is. */
Test(sealed, a_ticket_alone_is_said)
{
    ask();
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, S + MS, (const uint16_t[3]){TICKET});
    expect(S + MS, CS_HTTP_TICKET);
}

Test(sealed, behind_two_tickets_nobody_answered)
{
    ask();
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, S + MS, (const uint16_t[3]){TICKET, TICKET});
    expect(0, CS_HTTP_LOST | CS_HTTP_NO_RESPONSE);
}

Test(sealed, tickets_come_together)
{
    ask();
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, S + MS, (const uint16_t[3]){TICKET});
    tell(CS_TURN_MORE, CS_FROM_SERVER, S + 50 * MS, (const uint16_t[3]){TICKET});
    tell(CS_TURN_MORE, CS_FROM_SERVER, S + 90 * MS, (const uint16_t[3]){TICKET});
    expect(S + MS, CS_HTTP_TICKET);
}

Test(sealed, what_nobody_answered_was_sent_without_the_alert_of_the_close)
{
    ask();
    tell(CS_TURN_MORE, CS_FROM_CLIENT, S + 9 * MS, (const uint16_t[3]){ALERT});
    expect(0, CS_HTTP_NO_RESPONSE);
    cr_expect_eq(exchange.request_bytes, 5u + 100u);
    cr_expect_eq(exchange.request_end_ns, S);
}

/* The packet begins with no header: it goes on with a record. */
Test(sealed, a_ticket_between_two_packets_of_a_record_ends_no_request)
{
    tell(CS_TURN_BEGIN, CS_FROM_CLIENT, S, (const uint16_t[3]){100, BODY, BODY});
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, S + MS, (const uint16_t[3]){TICKET});
    tell(CS_TURN_BEGIN, CS_FROM_CLIENT, S + 2 * MS, (const uint16_t[3]){0});
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, S + 9 * MS, (const uint16_t[3]){HEAD, BODY});
    expect(S + 9 * MS, 0);
    cr_expect_eq(exchange.request_start_ns, S);
    cr_expect_eq(exchange.response_bytes, 5u + HEAD + 5u + BODY);
}

Test(sealed, between_two_records_of_a_body_it_is_said)
{
    tell(CS_TURN_BEGIN, CS_FROM_CLIENT, S, (const uint16_t[3]){100, BODY, BODY});
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, S + MS, (const uint16_t[3]){TICKET});
    tell(CS_TURN_BEGIN, CS_FROM_CLIENT, S + 2 * MS, (const uint16_t[3]){BODY});
    cr_assert(cs_sealed_next(&sealed, &exchange));
    cr_expect_eq(exchange.flags, CS_HTTP_TICKET);
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, S + 9 * MS, (const uint16_t[3]){HEAD, BODY});
    expect(S + 9 * MS, CS_HTTP_TICKET);
}
