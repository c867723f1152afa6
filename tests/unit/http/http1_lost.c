/* SPDX-License-Identifier: MIT */
/* Where the thread of HTTP/1 is lost, that it is said and counted, and where it is not lost.
 * Milliseconds count packets: the first passes at 1. */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/unit/http/http1_talk.h"

TestSuite(http1_lost, .init = setup, .fini = teardown);

#define POST "POST /x HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"

Test(http1_lost, pipelined_beyond_what_is_seen_is_lost_and_found_again)
{
    http_say(&talk, CS_FROM_CLIENT, (struct http_said){{HTTP_BYTES(GET("/1"))}, 100});
    expect_next("/1", 0, CS_HTTP_LOST);
    cr_expect_eq(facts()->losses, 1);
    http_server(&talk, OK5 OK5);
    cr_expect_not(next());
    http_client(&talk, GET("/4"));
    http_server(&talk, OK5);
    expect_next("/4", 200, 0);
    cr_expect_eq(facts()->losses, 1);
}

Test(http1_lost, the_rest_of_a_method_is_none)
{
    http_client(&talk, GET("/1") "GE");
    expect_next("/1", 0, CS_HTTP_LOST);
    http_server(&talk, OK5);
    http_client(&talk, "T /2 HTTP/1.1\r\n\r\n");
    http_server(&talk, OK5);
    cr_expect_not(next());
    http_client(&talk, GET("/3"));
    http_server(&talk, OK5);
    expect_next("/3", 200, 0);
    cr_expect_eq(facts()->losses, 1);
}

Test(http1_lost, responses_beyond_what_is_seen_are_lost)
{
    http_client(&talk, GET("/1") GET("/2"));
    http_say(&talk, CS_FROM_SERVER,
             (struct http_said){
                 {HTTP_BYTES("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n")}, 3000});
    expect_next("/1", 200, 0);
    expect_next("/2", 0, CS_HTTP_PIPELINED | CS_HTTP_LOST);
    cr_expect_eq(facts()->losses, 1);
}

Test(http1_lost, a_missing_turn_is_a_loss)
{
    http_client(&talk, GET("/x"));
    talk.next[CS_FROM_SERVER] += 100;
    http_server(&talk, OK5);
    expect_next("/x", 200, 0);
    http_client(&talk, GET("/y"));
    talk.next[CS_FROM_SERVER] += 100;
    http_server(&talk, OK5);
    expect_next("/y", 0, CS_HTTP_LOST);
    cr_expect_eq(facts()->losses, 1);
    http_client(&talk, GET("/z"));
    http_server(&talk, OK5);
    expect_next("/z", 200, 0);
}

Test(http1_lost, behind_a_gap_in_a_body_is_no_request)
{
    http_client(&talk, "POST /x HTTP/1.1\r\nContent-Length: 500\r\n\r\n");
    http_server(&talk, "HTTP/1.1 100 C\r\n\r\n");
    talk.next[CS_FROM_CLIENT] += 100;
    http_client(&talk, GET("/of-a-body"));
    expect_next("/x", 0, CS_HTTP_LOST);
    http_server(&talk, OK5);
    cr_expect_not(next());
    talk.next[CS_FROM_CLIENT] += 100;
    http_client(&talk, GET("/y"));
    http_server(&talk, OK5);
    expect_next("/y", 200, 0);
    cr_expect_eq(facts()->losses, 1);
}

Test(http1_lost, behind_a_gap_in_a_body_that_was_answered_is_one)
{
    http_client(&talk, "POST /x HTTP/1.1\r\nContent-Length: 500\r\n\r\n");
    http_server(&talk, OK5);
    expect_next("/x", 200, 0);
    talk.next[CS_FROM_CLIENT] += 500;
    http_client(&talk, GET("/y"));
    http_server(&talk, OK5);
    expect_next("/y", 200, 0);
}

#define CHUNKED "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"

/* As much of each as is seen; of the last all is. */
static const char *const requests_without_an_end[] = {
    "POST /x HTTP/1.1\r\nCookie: ",
    "GET /x HTTP/1.1\r\nContent-Length: 5\r\nCookie: ",
    CHUNKED "5dc\r\n",
    "POST /x HTTP/1.1\r\nTransfer-Encoding: a\r\n\r\nb",
};

#define TOO_LARGE "HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n"

Test(http1_lost, behind_an_answer_that_is_no_error_the_next_request_is_told)
{
    for (size_t i = 0; i < sizeof(requests_without_an_end) / sizeof(char *); i++) {
        const char *request = requests_without_an_end[i];

        http_say(&talk, CS_FROM_CLIENT,
                 (struct http_said){{{request, strlen(request)}}, i < 3 ? 1600 : 0});
        http_server(&talk, OK5);
        cr_assert(next() && exchange.status == 200);
        http_client(&talk, GET("/y"));
        http_server(&talk, OK5);
        expect_next("/y", 200, 0);
        cr_expect_eq(facts()->losses, 0, "row %zu", i);
        teardown();
        setup();
    }
}

/* Behind an error it may be the rest of the body, whatever it looks like. */
Test(http1_lost, behind_an_answer_to_a_request_without_an_end_nothing_is_told)
{
    for (size_t i = 0; i < sizeof(requests_without_an_end) / sizeof(char *); i++) {
        const char *request = requests_without_an_end[i];

        http_say(&talk, CS_FROM_CLIENT,
                 (struct http_said){{{request, strlen(request)}}, i < 3 ? 1600 : 0});
        http_server(&talk, TOO_LARGE);
        cr_assert(next() && exchange.status == 413);
        http_client(&talk, GET("/of-a-body"));
        cr_expect_eq(facts()->losses, 1, "row %zu", i);
        http_client(&talk, GET("/of-a-body"));
        http_server(&talk, "HTTP/1.1 100 Continue\r\n\r\n");
        http_client(&talk, GET("/of-another-body"));
        http_server(&talk, OK5);
        cr_expect_not(next(), "row %zu: %s", i, exchange.url.path);
        http_client(&talk, GET("/y"));
        http_server(&talk, OK5);
        expect_next("/y", 200, 0);
        cr_expect_eq(facts()->losses, 1, "row %zu", i);
        teardown();
        setup();
    }
}

Test(http1_lost, an_answer_goes_on_while_nothing_is_told)
{
    http_client(&talk, CHUNKED "?");
    http_server(&talk, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
    http_client(&talk, GET("/of-a-body"));
    http_server(&talk, "lo");
    expect_next("/x", 200, 0);
    cr_expect_eq(exchange.body_bytes, 5);
    cr_expect_eq(facts()->losses, 1);
    cr_expect_not(next());
}

Test(http1_lost, behind_a_gap_nothing_is_told_either)
{
    http_client(&talk, CHUNKED "?");
    http_server(&talk, "HTTP/1.1 100 Continue\r\n\r\n");
    talk.next[CS_FROM_SERVER] += 100;
    http_server(&talk, OK5);
    expect_next("/x", 0, CS_HTTP_LOST);
    talk.next[CS_FROM_CLIENT] += 100;
    http_client(&talk, GET("/of-a-body"));
    http_client(&talk, GET("/of-a-body"));
    cr_expect_not(next());
    cr_expect_eq(facts()->losses, 1);
}

Test(http1_lost, a_body_goes_on_behind_an_answer_that_is_none)
{
    http_client(&talk, "POST /x HTTP/1.1\r\nContent-Length: 500\r\n\r\n");
    http_server(&talk, "ICY 200 OK\r\n\r\n");
    expect_next("/x", 0, CS_HTTP_LOST);
    http_client(&talk, GET("/of-a-body"));
    http_server(&talk, OK5);
    cr_expect_not(next());
}

Test(http1_lost, heads_without_an_end_that_say_they_have_no_body)
{
    http_client(&talk, "POST /x HTTP/1.1\r\nContent-Length: 0\r\nCookie: ");
    http_server(&talk, OK5);
    expect_next("/x", 200, CS_HTTP_REQUEST_CUT);
    http_client(&talk, "DELETE /y HTTP/1.1\r\nCookie: ");
    http_server(&talk, OK5);
    expect_next("/y", 200, CS_HTTP_REQUEST_CUT);
    http_client(&talk, GET("/z"));
    http_server(&talk, OK5);
    expect_next("/z", 200, 0);
    cr_expect_eq(facts()->losses, 0);
}

Test(http1_lost, requests_that_nobody_answers_are_given_up)
{
    for (int i = 0; i < 300; i++)
        http_client(&talk, GET("/x"));
    cr_expect_eq(facts()->losses, 1);
    for (int i = 0; i < 256; i++)
        cr_expect(next() && exchange.flags & CS_HTTP_LOST);
}

/* RFC 9112 section 2.2. */
Test(http1_lost, empty_lines_behind_a_body_are_nobodys)
{
    http_client(&talk, POST "\r\n");
    http_server(&talk, OK5 "\r\n");
    expect_next("/x", 200, 0);
    http_say(&talk, CS_FROM_CLIENT,
             (struct http_said){{HTTP_BYTES("POST /y HTTP/1.1\r\nContent-Length: 5000\r\n\r\n")},
                                .uncaptured = 5002});
    http_server(&talk, OK5);
    expect_next("/y", 200, 0);
    http_client(&talk, GET("/z"));
    http_say(&talk, CS_FROM_SERVER, (struct http_said){{HTTP_BYTES("\r\n"), HTTP_BYTES(OK5)}});
    expect_next("/z", 200, 0);
    cr_expect_eq(http_ms(exchange.headers_ns), http_ms(talk.now_ns),
                 "the line is not the response");
    http_client(&talk, GET("/a"));
    http_server(&talk, "\r\n");
    http_server(&talk, OK5);
    expect_next("/a", 200, 0);
    http_client(&talk, "\r\n");
    cr_expect_eq(facts()->losses, 0);
}

/* It may come in single bytes, of which the kernel tells sixteen, or rest in its first line. */
Test(http1_lost, a_response_whose_status_was_not_seen)
{
    http_client(&talk, GET("/x"));
    http_say(&talk, CS_FROM_SERVER, (struct http_said){{HTTP_BYTES("HTTP/1.1 200 OK")}, 100});
    http_client(&talk, GET("/y"));
    expect_next("/x", 0, CS_HTTP_RESPONSE_CUT | CS_HTTP_LOST);
    cr_expect_eq(http_ms(exchange.headers_ns), 2, "when it began is known");
    cr_expect_eq(facts()->losses, 1);
    http_say(&talk, CS_FROM_SERVER, (struct http_said){{HTTP_BYTES("HTTP/1.1 100 C\r\nA")}, 100});
    cs_http_close(talk.http, CS_HTTP_ENDED_BY_SERVER, 0);
    expect_next("/y", 0, CS_HTTP_RESPONSE_CUT | CS_HTTP_LOST);
    cr_expect_eq(http_ms(exchange.headers_ns), 0, "it is not the final one's");
    cr_expect_eq(facts()->losses, 2);
}

Test(http1_lost, requests_behind_an_upgrade)
{
    http_client(&talk, GET("/x") GET("/y"));
    http_server(&talk, "HTTP/1.1 101 S\r\n\r\n");
    expect_next("/x", 101, CS_HTTP_UPGRADED);
    expect_next("/y", 0, CS_HTTP_PIPELINED | CS_HTTP_LOST);
    cr_expect_eq(facts()->losses, 1);
}
