/* SPDX-License-Identifier: MIT */
/* Requests of a connection: the first has its marks, later ones reuse it; order, loss and ends. */
#include "user/fold/talks.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/harness/dns_build.h"
#include "user/entry/entry.h"

#define GET    "GET /a HTTP/1.1\r\nHost: shop.example\r\n\r\n"
#define OK     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define ASKED  (EV_ESTABLISHED + MS)
#define LENGTH (sizeof(GET) - 1)

enum { MAX = 8 };

static struct cs_fold *fold;
static struct connspan_entry entries[MAX];
static char names[MAX][128];
static size_t count;

static void on_record(void *context, const struct cs_record *record)
{
    static const struct cs_origin origin = {1, 1, 1};
    static struct cs_entry_text text;

    (void)context;
    cr_assert_lt(count, MAX);
    cr_expect(cs_entry_build(record, &origin, &text, &entries[count]), "in order");
    strncpy(names[count], entries[count].name, sizeof(names[0]) - 1);
    count++;
}

static void open_fold(void)
{
    struct cs_fold_options options = {.on_record = on_record, .requests = true};

    fold = cs_fold_new(&options);
    count = 0;
}

static void close_fold(void)
{
    cs_fold_free(fold);
}

TestSuite(talks, .init = open_fold, .fini = close_fold);

static void begin(uint16_t flags)
{
    struct cs_event_connection connection = ev_connection(1, ASKED, CS_REASON_PAYLOAD);

    connection.facts.flags |= CS_CONN_TURNS | flags;
    cs_fold_event(fold, &connection.event);
}

/* What both ends said before: `asked` and `answered` bytes, the newest of which passed at `ns`. */
struct before {
    uint64_t asked;
    uint64_t answered;
    uint64_t ns;
};

static void turn(enum cs_turn_news news, uint64_t at_ns, const char *text, struct before before)
{
    union ev_turn event = ev_turn(1, at_ns, news, text);

    event.turn.direction = strncmp(text, "HTTP", 4) ? CS_FROM_CLIENT : CS_FROM_SERVER;
    event.turn.end[CS_FROM_CLIENT] = before.asked;
    event.turn.end[CS_FROM_SERVER] = before.answered;
    event.turn.last_ns[0] = event.turn.last_ns[1] = before.ns;
    event.turn.offset = event.turn.end[event.turn.direction];
    event.turn.cause = news == CS_TURN_END || news == CS_TURN_EOF ? CS_CAUSE_PEER : CS_CAUSE_NONE;
    cs_fold_event(fold, &event.event);
}

static void exchange_twice(void)
{
    size_t answer = sizeof(OK) - 1;

    turn(CS_TURN_BEGIN, ASKED, GET, (struct before){0, 0, 0});
    turn(CS_TURN_BEGIN, ASKED + MS, OK, (struct before){LENGTH, 0, ASKED});
    turn(CS_TURN_BEGIN, ASKED + 5 * MS, GET, (struct before){LENGTH, answer, ASKED + 2 * MS});
    turn(CS_TURN_BEGIN, ASKED + 6 * MS, OK, (struct before){2 * LENGTH, answer, ASKED + 5 * MS});
    turn(CS_TURN_END, ASKED + 9 * MS, "", (struct before){2 * LENGTH, 2 * answer, ASKED + 7 * MS});
}

Test(talks, the_first_carries_the_marks_and_the_second_reuses)
{
    const struct connspan_entry *first = &entries[0], *second = &entries[1];

    begin(0);
    cr_expect_eq(count, 0, "the connection waits for its first exchange");
    exchange_twice();
    cr_assert_eq(count, 2);
    cr_expect_str_eq(names[0], "http://shop.example/a");
    cr_expect_not(first->connection.reused);
    cr_expect_eq(first->connect_start, EV_START - 1);
    cr_expect_eq(first->connect_end, EV_ESTABLISHED - 1);
    cr_expect_eq(first->request_start, ASKED - 1);
    cr_expect_eq(first->response_start, ASKED + MS - 1);
    cr_expect_eq(first->response_end, ASKED + MS - 1);
    cr_expect(second->connection.reused);
    cr_expect_eq(second->fetch_start, ASKED + 5 * MS - 1);
    cr_expect_eq(second->domain_lookup_start, second->fetch_start);
    cr_expect_eq(second->domain_lookup_end, second->fetch_start);
    cr_expect_eq(second->connect_start, second->fetch_start);
    cr_expect_eq(second->connect_end, second->fetch_start);
    cr_expect_eq(second->request_start, second->fetch_start);
    cr_expect_eq(second->secure_connection_start, 0);
    cr_expect_eq(second->phases.connect_start, CONNSPAN_UNKNOWN);
    cr_expect_eq(second->phases.tcp_established, CONNSPAN_UNKNOWN);
    cr_expect_eq(second->response_end, ASKED + 6 * MS - 1);
    cr_expect_eq(cs_fold_requests_lost(fold), 0);
}

Test(talks, a_connection_that_was_open_before_is_reused_by_all)
{
    begin(CS_CONN_PREEXISTING);
    exchange_twice();
    cr_assert_eq(count, 2);
    cr_expect(entries[0].connection.reused);
    cr_expect_eq(entries[0].connect_start, entries[0].request_start);
    cr_expect_eq(entries[0].phases.connect_start, CONNSPAN_UNKNOWN);
}

/* A connection that was kept alive for too long. */
Test(talks, a_request_behind_the_servers_close_failed)
{
    size_t answer = sizeof(OK) - 1;

    begin(0);
    turn(CS_TURN_BEGIN, ASKED, GET, (struct before){0, 0, 0});
    turn(CS_TURN_BEGIN, ASKED + MS, OK, (struct before){LENGTH, 0, ASKED});
    turn(CS_TURN_EOF, ASKED + 2 * MS, "", (struct before){LENGTH, answer, ASKED + MS});
    cr_assert_eq(count, 1);
    cr_expect_eq(entries[0].connection.outcome, CONNSPAN_CONNECTED);
    turn(CS_TURN_BEGIN, ASKED + 5 * MS, GET, (struct before){LENGTH, answer, ASKED + MS});
    turn(CS_TURN_END, ASKED + 6 * MS, "", (struct before){2 * LENGTH, answer, ASKED + 5 * MS});
    cr_assert_eq(count, 2);
    cr_expect(entries[1].connection.reused);
    cr_expect_eq(entries[1].connection.outcome, CONNSPAN_FAILED);
    cr_expect_str_eq(entries[1].connection.error.code, "eof");
    cr_expect_eq(cs_fold_requests_lost(fold), 0);
}

Test(talks, a_request_without_a_response_failed)
{
    begin(0);
    turn(CS_TURN_BEGIN, ASKED, GET, (struct before){0, 0, 0});
    turn(CS_TURN_END, ASKED + 9 * MS, "", (struct before){LENGTH, 0, ASKED});
    cr_assert_eq(count, 1);
    cr_expect_eq(entries[0].connection.outcome, CONNSPAN_FAILED);
    cr_expect_str_eq(entries[0].connection.error.phase, "http");
    cr_expect_str_eq(entries[0].connection.error.code, "eof");
    cr_expect_eq(entries[0].connect_start, 0);
    cr_expect_eq(entries[0].request_start, 0);
    cr_expect_eq(entries[0].response_end, ASKED + 9 * MS - 1);
}

static void break_off(enum cs_cause cause, int error)
{
    static const char until_close[] = "HTTP/1.1 200 OK\r\n\r\nok";
    union ev_turn end = ev_turn(1, ASKED + 9 * MS, CS_TURN_END, "");

    begin(0);
    turn(CS_TURN_BEGIN, ASKED, GET, (struct before){0, 0, 0});
    turn(CS_TURN_BEGIN, ASKED + MS, until_close, (struct before){LENGTH, 0, ASKED});
    end.turn.end[CS_FROM_CLIENT] = LENGTH;
    end.turn.end[CS_FROM_SERVER] = sizeof(until_close) - 1;
    end.turn.last_ns[CS_FROM_SERVER] = ASKED + MS;
    end.turn.cause = (__u8)cause;
    end.turn.error = error;
    cs_fold_event(fold, &end.event);
    cr_assert_eq(count, 1);
    cr_expect_eq(entries[0].request.status, 200);
    close_fold();
    open_fold();
}

Test(talks, a_body_until_the_close_fares_as_the_connection_does)
{
    break_off(CS_CAUSE_PEER, 0);
    cr_expect_eq(entries[0].connection.outcome, CONNSPAN_CONNECTED);
    cr_expect_eq(entries[0].response_end, ASKED + MS - 1);
    break_off(CS_CAUSE_KERNEL, 0);
    cr_expect_eq(entries[0].connection.outcome, CONNSPAN_CONNECTED, "nobody saw how it ended");
    break_off(CS_CAUSE_KERNEL, ECONNRESET);
    cr_expect_eq(entries[0].connection.outcome, CONNSPAN_FAILED);
    cr_expect_str_eq(entries[0].connection.error.code, "ECONNRESET");
    break_off(CS_CAUSE_CLOSE, 0);
    cr_expect_eq(entries[0].connection.outcome, CONNSPAN_ABORTED);
    cr_expect_str_eq(entries[0].connection.error.code, "closed");
    cr_expect_eq(entries[0].response_end, ASKED + 9 * MS - 1);
}

Test(talks, what_speaks_no_http_is_told_as_a_connection)
{
    begin(0);
    turn(CS_TURN_BEGIN, ASKED, "GET /nothing", (struct before){0, 0, 0});
    turn(CS_TURN_END, ASKED + 9 * MS, "", (struct before){12, 0, ASKED});
    cr_assert_eq(count, 1);
    cr_expect_not(entries[0].request.present && entries[0].request.status);
}

Test(talks, pieces_out_of_order_and_twice_are_one_head)
{
    union ev_turn late = ev_turn(1, ASKED + 2 * MS, CS_TURN_MORE, OK);

    begin(0);
    turn(CS_TURN_BEGIN, ASKED, GET, (struct before){0, 0, 0});
    late.turn.direction = CS_FROM_SERVER;
    late.turn.end[CS_FROM_CLIENT] = LENGTH;
    late.turn.news = CS_TURN_BEGIN; /* its second half came first */
    late.turn.offset = 20;
    memmove(late.turn.data, late.turn.data + 20, late.turn.data_bytes - 20);
    late.turn.data_bytes -= 20;
    cs_fold_event(fold, &late.event);
    turn(CS_TURN_MORE, ASKED + 3 * MS, OK, (struct before){LENGTH, 0, ASKED});
    turn(CS_TURN_END, ASKED + 9 * MS, "", (struct before){LENGTH, sizeof(OK) - 1, ASKED + 3 * MS});
    cr_assert_eq(count, 1);
    cr_expect_eq(entries[0].request.status, 200);
    cr_expect_eq(entries[0].response_start, ASKED + 3 * MS - 1, "when its first byte came");
}

Test(talks, the_tracer_stops_in_the_middle)
{
    begin(0);
    turn(CS_TURN_BEGIN, ASKED, GET, (struct before){0, 0, 0});
    turn(CS_TURN_QUIET, ASKED + S, "", (struct before){LENGTH, 0, ASKED});
    cs_fold_finish(fold, ASKED + S);
    cr_assert_eq(count, 1);
    cr_expect_eq(entries[0].connection.outcome, CONNSPAN_UNFINISHED);
}

#define PREFACE       "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define ASK(id)       "\0\0\3\1\5\0\0\0" id "\x82\x84\x86" /* GET / http */
#define RST(id, code) "\0\0\4\3\0\0\0\0" id "\0\0\0" code
#define ANSWER        "\0\0\1\1\4\0\0\0\1\x88"

static void tell_frames(enum cs_direction direction, uint64_t at_ns, const char *data,
                        size_t length)
{
    static uint64_t end[CS_DIRECTION_COUNT];
    union ev_turn event = ev_turn(1, at_ns, CS_TURN_FRAMES, "");

    memcpy(event.turn.data, data, length);
    event.turn.data_bytes = (__u16)length;
    event.turn.direction = (__u8)direction;
    event.turn.offset = end[direction];
    end[direction] += length;
    memcpy(event.turn.end, end, sizeof(end));
    cs_fold_event(fold, &event.event);
}

Test(talks, a_stream_that_was_reset_did_not_succeed)
{
    static const char asked[] = PREFACE ASK("\1") ASK("\3");
    static const char refused[] = ANSWER RST("\1", "\7"), given_up[] = RST("\3", "\10");

    begin(0);
    tell_frames(CS_FROM_CLIENT, ASKED, asked, sizeof(asked) - 1);
    tell_frames(CS_FROM_SERVER, ASKED + MS, refused, sizeof(refused) - 1);
    tell_frames(CS_FROM_CLIENT, ASKED + 2 * MS, given_up, sizeof(given_up) - 1);
    cr_assert_eq(count, 2);
    cr_expect_eq(entries[0].connection.outcome, CONNSPAN_FAILED);
    cr_expect_str_eq(entries[0].connection.error.phase, "http");
    cr_expect_str_eq(entries[0].connection.error.code, "reset");
    cr_expect_str_eq(entries[0].connection.error.detail, "REFUSED_STREAM");
    cr_expect_eq(entries[0].response_end, ASKED + MS - 1);
    cr_expect_eq(entries[1].connection.outcome, CONNSPAN_ABORTED);
    cr_expect_str_eq(entries[1].connection.error.code, "closed");
    cr_expect_str_eq(entries[1].connection.error.detail, "CANCEL");
    cr_expect_eq(entries[1].response_end, ASKED + 2 * MS - 1);
}

static void look_up(uint64_t asked_ns, const char *name)
{
    union ev_dns query = ev_query(asked_ns, dns_query(1, CS_DNS_A, name));
    union ev_dns answer = ev_answer(asked_ns + MS, dns_address(1, CS_DNS_A, name, "192.0.2.1"));

    cs_fold_event(fold, &query.event);
    cs_fold_event(fold, &answer.event);
}

static void connect_at(uint64_t id, uint64_t at_ns)
{
    struct cs_event_connection event = ev_connection(id, ASKED, CS_REASON_PAYLOAD);

    event.facts.flags |= CS_CONN_TURNS;
    event.facts.start_ns = event.facts.syn_sent_ns = at_ns;
    event.facts.established_ns = at_ns + MS;
    cs_fold_event(fold, &event.event);
}

static void exchange_with(uint64_t id, const char *host)
{
    size_t answer = sizeof(OK) - 1;
    union ev_turn event;
    char text[64];

    snprintf(text, sizeof(text), "GET /a HTTP/1.1\r\nHost: %s\r\n\r\n", host);
    event = ev_turn(id, ASKED, CS_TURN_BEGIN, text);
    cs_fold_event(fold, &event.event);
    event = ev_turn(id, ASKED + MS, CS_TURN_BEGIN, OK);
    event.turn.direction = CS_FROM_SERVER;
    event.turn.end[CS_FROM_CLIENT] = strlen(text);
    event.turn.last_ns[CS_FROM_CLIENT] = ASKED;
    cs_fold_event(fold, &event.event);
    event = ev_turn(id, ASKED + 2 * MS, CS_TURN_END, "");
    event.turn.end[CS_FROM_CLIENT] = strlen(text);
    event.turn.end[CS_FROM_SERVER] = answer;
    event.turn.cause = CS_CAUSE_PEER;
    cs_fold_event(fold, &event.event);
}

/* Neither was known when the connections began: each was taken for the other's. */
Test(talks, the_host_of_the_first_request_says_whose_lookup_it_was)
{
    look_up(EV_START - 9 * MS, "slow.example");
    look_up(EV_START - 6 * MS, "two.example");
    connect_at(1, EV_START);
    connect_at(2, EV_START + US);
    exchange_with(1, "Slow.example:80");
    exchange_with(2, "two.example");
    cr_assert_eq(count, 2);
    cr_expect_str_eq(names[0], "http://slow.example/a");
    cr_expect_eq(entries[0].domain_lookup_start, EV_START - 9 * MS - 1);
    cr_expect_eq(entries[0].domain_lookup_end, EV_START - 8 * MS - 1);
    cr_expect_str_eq(names[1], "http://two.example/a");
    cr_expect_eq(entries[1].domain_lookup_start, EV_START - 6 * MS - 1);
    cr_expect_eq(entries[1].domain_lookup_end, EV_START - 5 * MS - 1);
}
