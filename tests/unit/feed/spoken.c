/* SPDX-License-Identifier: MIT */
/* Records of a connection, as they come: what of each goes on a tape. */
#include "user/feed/spoken.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/harness/events.h"

#define HEAD "POST / HTTP/1.1\nContent-Length: 25\n\n"
#define BODY "GET /q HTTP/1.1\nHost: b\n\n"
#define OK   "HTTP/1.1 200 OK\nContent-Length: 2\n\n"

static struct cs_spoken spoken;
static uint64_t end[CS_DIRECTION_COUNT];
static enum cs_direction side;
static union ev_turn record;

static void setup(void)
{
    cs_spoken_init(&spoken);
    memset(end, 0, sizeof(end));
}

static void teardown(void)
{
    cs_spoken_free(&spoken);
}

TestSuite(spoken, .init = setup, .fini = teardown);

/* As a tape has it: `text`, which lies `ahead` bytes behind what came before. */
static const char *told_at(enum cs_turn_news news, const char *text, uint64_t ahead)
{
    record = ev_turn(1, S, news, text);
    record.turn.direction = (uint8_t)side;
    memcpy(record.turn.end, end, sizeof(end));
    record.turn.offset = end[side] + ahead;
    if (record.turn.offset + strlen(text) > end[side])
        end[side] = record.turn.offset + strlen(text);
    cs_spoken_redact(&spoken, &record.turn);
    record.turn.data[strlen(text)] = '\0';
    return (const char *)record.turn.data;
}

static const char *client(const char *text)
{
    side = CS_FROM_CLIENT;
    return told_at(CS_TURN_BEGIN, text, 0);
}

static const char *server(const char *text)
{
    side = CS_FROM_SERVER;
    return told_at(CS_TURN_BEGIN, text, 0);
}

static const char *more(const char *text)
{
    return told_at(CS_TURN_MORE, text, 0);
}

Test(spoken, body_in_a_packet_of_its_own)
{
    cr_expect_str_eq(client(HEAD), HEAD);
    cr_expect_str_eq(more(BODY), "xxxxxxxxxxxxxxxxxxxxxxxxx");
    cr_expect_str_eq(server(OK), OK);
    cr_expect_str_eq(more("ok"), "xx");
    cr_expect_str_eq(client(BODY), BODY);
}

Test(spoken, body_behind_an_interim_response)
{
    cr_expect_str_eq(client(HEAD), HEAD);
    cr_expect_str_eq(server("HTTP/1.1 100 C\n\n"), "HTTP/1.1 100 C\n\n");
    cr_expect_str_eq(client(BODY), "xxxxxxxxxxxxxxxxxxxxxxxxx");
}

/* Not before it is known that it is no body. */
Test(spoken, request_instead_of_a_body)
{
    static const char again[] = "PUT / HTTP/1.1\nCookie: a\n\nhello";
    static const char shown[] = "PUT / HTTP/1.1\nCookie: x\n\nxxxxx";

    client("PUT / HTTP/1.1\nContent-Length: 99\nExpect: 100-continue\n\n");
    server("HTTP/1.1 417 No\nContent-Length: 0\n\n");
    cr_expect_str_eq(client(again), shown);
    server(OK "ok");
    client("PUT / HTTP/1.1\nContent-Length: 99\nExpect: 100-continue\n\n");
    server("HTTP/1.1 417 No\nContent-Length: 0\n\n");
    cr_expect_str_eq(client("PUT / HTTP/1.1\nCo"), "xxxxxxxxxxxxxxxxx");
}

Test(spoken, head_in_several_packets)
{
    cr_expect_str_eq(client("GE"), "GE");
    cr_expect_str_eq(more("T /?tok"), "T /?tok");
    cr_expect_str_eq(more("en=a"), "en=x");
    cr_expect_str_eq(more("b HTTP/1.1\r"), "x HTTP/1.1\r");
    cr_expect_str_eq(more("\nCon"), "\nCon");
    cr_expect_str_eq(more("tent-Length: 3\nCook"), "tent-Length: 3\nxxxx");
    cr_expect_str_eq(more("ie: a\n\nb"), "ie: x\n\nx");
}

Test(spoken, what_comes_again_and_out_of_order)
{
    side = CS_FROM_CLIENT;
    cr_expect_str_eq(client("GET / HTTP/1.1\n"), "GET / HTTP/1.1\n");
    cr_expect_str_eq(told_at(CS_TURN_MORE, "GET / HTTP/1.1\nDate: a\n", (uint64_t)-15),
                     "GET / HTTP/1.1\nDate: a\n");
    cr_expect_str_eq(told_at(CS_TURN_MORE, "Date: b\n", 3), "xxxxxxxx");
}

Test(spoken, turn_that_rests)
{
    client("GET / HTTP/1.1\n\n");
    cr_expect_str_eq(server(OK), OK);
    told_at(CS_TURN_QUIET, "", 0);
    cr_expect_str_eq(more("ok" OK), "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
}

Test(spoken, bytes_are_missing)
{
    client(HEAD);
    server("HTTP/1.1 100 C\n\n");
    side = CS_FROM_CLIENT;
    cr_expect_str_eq(told_at(CS_TURN_BEGIN, BODY, 100), "xxxxxxxxxxxxxxxxxxxxxxxxx");
}

Test(spoken, connection_whose_beginning_was_not_seen)
{
    end[CS_FROM_SERVER] = 1;
    cr_expect_str_eq(client(BODY), "xxxxxxxxxxxxxxxxxxxxxxxxx");
    memset(end, 0, sizeof(end));
    cr_expect_str_eq(more(BODY), "xxxxxxxxxxxxxxxxxxxxxxxxx");
    cr_expect_eq(spoken.map.count, 0);
}

Test(spoken, connection_that_ended)
{
    client(BODY);
    cr_expect_eq(spoken.map.count, 1);
    cs_spoken_forget(&spoken, 1);
    cs_spoken_forget(&spoken, 1);
    cr_expect_eq(spoken.map.count, 0);
    cr_expect_str_eq(client(BODY), "xxxxxxxxxxxxxxxxxxxxxxxxx");
    cr_expect_eq(spoken.lost, 0);
}
