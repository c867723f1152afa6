/* SPDX-License-Identifier: MIT */
/* FRAMES records become parts of each direction; what they say of losses, and of the end. */
#include "user/fold/framed.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/harness/events.h"

#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define ASK     "\0\0\3\1\5\0\0\0\1\x82\x84\x86" /* GET / http */
#define ANSWER  "\0\0\1\1\4\0\0\0\1\x88"
#define BODY    "\0\3\xe8\0\1\0\0\0\1" /* a frame of 1000 bytes, the last */

enum { BODY_BYTES = 1000 };

static struct cs_framed framed;
static struct cs_http *http;
static struct cs_http_exchange exchange;
static uint64_t end[CS_DIRECTION_COUNT];

static void setup(void)
{
    framed = (struct cs_framed){.is_open = false};
    http = cs_http_new(CS_URL_PATH);
    cr_assert(http);
    memset(end, 0, sizeof(end));
}

static void teardown(void)
{
    cs_http_free(http);
}

TestSuite(framed, .init = setup, .fini = teardown);

/* A packet that holds these bytes and `untold` behind them. */
static union ev_turn packet(enum cs_direction direction, uint64_t at_ns, const char *data,
                            size_t length, uint64_t untold)
{
    union ev_turn event = ev_turn(1, at_ns, CS_TURN_FRAMES, "");

    memcpy(event.turn.data, data, length);
    event.turn.data_bytes = (__u16)length;
    event.turn.direction = (__u8)direction;
    event.turn.offset = end[direction];
    end[direction] += length + untold;
    memcpy(event.turn.end, end, sizeof(end));
    return event;
}

static void tell(enum cs_direction direction, uint64_t at_ns, const char *data, size_t length,
                 uint64_t untold)
{
    union ev_turn event = packet(direction, at_ns, data, length, untold);

    cs_framed_add(&framed, &event.turn, http);
}

static void ask(void)
{
    tell(CS_FROM_CLIENT, S, PREFACE ASK, sizeof(PREFACE ASK) - 1, 0);
    tell(CS_FROM_SERVER, S + MS, ANSWER BODY, sizeof(ANSWER BODY) - 1, BODY_BYTES - 10);
}

static void expect(uint64_t end_ns, uint32_t flags)
{
    cr_assert(cs_http_next(http, &exchange));
    cr_expect_eq(exchange.status, 200);
    cr_expect_eq(exchange.body_bytes, BODY_BYTES);
    cr_expect_eq(exchange.flags, flags, "%x", exchange.flags);
    cr_expect_eq(exchange.response_end_ns, end_ns);
}

Test(framed, a_frame_ends_with_the_packet_that_holds_its_end)
{
    ask();
    tell(CS_FROM_SERVER, S + 5 * MS, "", 0, 10);
    expect(S + 5 * MS, 0);
}

Test(framed, what_the_kernel_lost_is_lost)
{
    union ev_turn event;

    ask();
    event = packet(CS_FROM_CLIENT, S + 2 * MS, "", 0, 0);
    event.turn.lost = 1 << CS_FROM_SERVER;
    cs_framed_add(&framed, &event.turn, http);
    cr_assert(cs_http_next(http, &exchange));
    cr_expect(exchange.flags & CS_HTTP_LOST);
    cr_expect_eq(cs_http_facts(http)->losses, 1);
}

/* The last packets were not told of, but the connection's end tells that there were some. */
Test(framed, an_end_that_goes_beyond_a_frame_is_a_loss)
{
    union ev_turn last;

    ask();
    last = packet(CS_FROM_SERVER, S + 9 * MS, "", 0, 10 + 30);
    cs_framed_close(&framed, &last.turn, http);
    cr_expect_eq(cs_http_facts(http)->losses, 1);
}

Test(framed, an_end_inside_a_frame_is_none)
{
    union ev_turn last;

    ask();
    last = packet(CS_FROM_SERVER, S + 9 * MS, "", 0, 5);
    cs_framed_close(&framed, &last.turn, http);
    cr_expect_eq(cs_http_facts(http)->losses, 0);
    cr_expect_not(cs_http_next(http, &exchange));
}
