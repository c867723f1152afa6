/* SPDX-License-Identifier: MIT */
/* A connection in TLS whose plain text is told: that counts, and what its records tell does not. */
#include "user/fold/talk.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/harness/events.h"

#define REQUEST  "GET /x HTTP/1.1\r\nHost: a\r\n\r\n"
#define RESPONSE "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static struct cs_talk *talk;
static struct cs_http_exchange exchange;
static const struct cs_ending closed = {.ns = 2 * S, .cause = CS_CAUSE_CLOSE};
static uint64_t now_ns;
static uint64_t end[CS_DIRECTION_COUNT];

static void setup(void)
{
    static struct cs_record base = {.id = 1, .tls = {.present = true, .wire = {.version = 0x0304}}};

    talk = cs_talk_new(&base, CS_URL_PATH);
    cr_assert(talk);
    now_ns = S;
    memset(end, 0, sizeof(end));
}

static void teardown(void)
{
    cs_talk_free(talk);
}

TestSuite(talk, .init = setup, .fini = teardown);

static void tell(enum cs_turn_news news, enum cs_direction direction, const char *text, bool sealed)
{
    union {
        struct cs_event_turn turn;
        uint8_t room[sizeof(struct cs_event_turn) + CS_TURN_BYTES];
    } record = {0};

    record.turn.event = (struct cs_event){.ts_ns = now_ns += MS, .kind = CS_EVENT_TURN};
    record.turn.last_ns[CS_FROM_CLIENT] = record.turn.last_ns[CS_FROM_SERVER] = now_ns - MS;
    memcpy(record.turn.end, end, sizeof(end));
    record.turn.offset = end[direction];
    record.turn.news = (uint8_t)news;
    record.turn.direction = (uint8_t)direction;
    record.turn.is_sealed = sealed;
    record.turn.data_bytes = (uint16_t)strlen(text);
    record.turn.event.size_bytes = sizeof(record.turn) + record.turn.data_bytes;
    memcpy(record.turn.data, text, strlen(text));
    cs_talk_add(talk, &record.turn);
    if (!sealed)
        end[direction] += strlen(text);
}

static void ask_and_answer(void)
{
    tell(CS_TURN_BEGIN, CS_FROM_CLIENT, REQUEST, false);
    tell(CS_TURN_BEGIN, CS_FROM_CLIENT, "\x17\x03\x03\x01\x01", true);
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, "\x17\x03\x03\x01\x01", true);
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, RESPONSE, false);
}

Test(talk, hears_the_plain_text_alone)
{
    ask_and_answer();
    tell(CS_TURN_BEGIN, CS_FROM_CLIENT, REQUEST, false);
    cr_assert(cs_talk_next(talk, &exchange));
    cr_expect_str_eq(exchange.url.path, "/x");
    cr_expect_eq(exchange.status, 200);
    cr_expect_eq(exchange.body_bytes, 2);
    cr_expect_not(cs_talk_next(talk, &exchange));
}

Test(talk, ends_with_the_plain_text)
{
    ask_and_answer();
    tell(CS_TURN_END, CS_FROM_SERVER, "", false);
    cs_talk_close(talk, &closed);
    cr_assert(cs_talk_next(talk, &exchange));
    cr_expect_eq(exchange.status, 200);
    cr_expect_eq(exchange.flags, 0);
}

Test(talk, ends_with_the_connection_where_the_plain_text_was_lost_sight_of)
{
    ask_and_answer();
    tell(CS_TURN_END, CS_FROM_SERVER, "", true);
    cs_talk_close(talk, &closed);
    cr_assert(cs_talk_next(talk, &exchange));
    cr_expect_str_eq(exchange.url.path, "/x");
}

Test(talk, makes_no_requests_of_records_that_may_be_of_any_protocol)
{
    talk->is_deaf = true;
    tell(CS_TURN_BEGIN, CS_FROM_CLIENT, "\x17\x03\x03\x01\x01", true);
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, "\x17\x03\x03\x01\x01", true);
    tell(CS_TURN_END, CS_FROM_SERVER, "", true);
    cs_talk_close(talk, &closed);
    cr_expect_not(cs_talk_next(talk, &exchange));
}

Test(talk, goes_by_records_where_no_plain_text_is_told)
{
    tell(CS_TURN_BEGIN, CS_FROM_CLIENT, "\x17\x03\x03\x01\x01", true);
    tell(CS_TURN_BEGIN, CS_FROM_SERVER, "\x17\x03\x03\x01\x01", true);
    tell(CS_TURN_MORE, CS_FROM_SERVER, RESPONSE, false);
    cr_expect_null(talk->http, "it is told from the beginning, or not at all");
    tell(CS_TURN_END, CS_FROM_SERVER, "", true);
    cs_talk_close(talk, &closed);
    cr_assert(cs_talk_next(talk, &exchange));
    cr_expect_str_eq(exchange.url.path, "");
    cr_expect_eq(exchange.status, 0);
}

/* How a connection in TLS was closed does not say what of its plain text is whole. */
Test(talk, of_plain_text_in_tls_a_body_until_the_close_is_whole)
{
    static const struct cs_ending stopped = {.ns = 2 * S}, *const endings[] = {&closed, &stopped};

    for (int i = 0; i < 2; i++) {
        tell(CS_TURN_BEGIN, CS_FROM_CLIENT, REQUEST, false);
        tell(CS_TURN_BEGIN, CS_FROM_SERVER, "HTTP/1.1 200 OK\r\n\r\nok", false);
        tell(CS_TURN_END, CS_FROM_SERVER, "", false);
        cs_talk_close(talk, endings[i]);
        cr_assert(cs_talk_next(talk, &exchange));
        cr_expect_eq(exchange.flags, i == 0 ? 0 : CS_HTTP_INCOMPLETE, "what goes on is not");
        teardown();
        setup();
    }
}
