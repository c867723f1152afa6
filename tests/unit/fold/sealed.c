/* SPDX-License-Identifier: MIT */
/* Where a response inside TLS 1.3 begins: behind session tickets, or maybe behind one. */
#include "user/fold/sealed.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/harness/events.h"
#include "user/tls/facts.h"

enum { AES_128_GCM = 0x1301, TICKET = 250, HEAD = 180, BODY = 9000 };

static struct cs_sealed sealed;
static struct cs_http_exchange exchange;
static uint64_t end[CS_DIRECTION_COUNT];

static void setup(void)
{
    cs_sealed_init(&sealed, CS_TLS_1_3, AES_128_GCM);
    memset(end, 0, sizeof(end));
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
    last.turn.last_ns[CS_FROM_SERVER] = 2 * S;
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

Test(sealed, a_long_record_is_no_ticket)
{
    ask();
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, S + MS, (const uint16_t[3]){BODY});
    tell(CS_TURN_MORE, CS_FROM_SERVER, S + 9 * MS, (const uint16_t[3]){HEAD});
    expect(S + MS, 0);
}
