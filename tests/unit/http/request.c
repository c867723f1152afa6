/* SPDX-License-Identifier: MIT */
/* Bodies that wait for a 100, and what comes in their place. */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/unit/http/http1_talk.h"

TestSuite(request, .init = setup, .fini = teardown);

#define EXPECTING(length)                                                                          \
    "PUT /x HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: " length "\r\n\r\n"
#define REFUSED "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n"
#define AGAIN   "PUT /y HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"

/* As curl does. */
Test(request, instead_of_a_body_that_was_refused_comes_another_request)
{
    http_client(&talk, EXPECTING("500"));
    http_server(&talk, REFUSED);
    expect_next("/x", 417, 0);
    http_client(&talk, AGAIN);
    http_server(&talk, OK5);
    expect_next("/y", 200, 0);
    cr_expect_eq(exchange.request_bytes, sizeof(AGAIN) - 1);
    http_client(&talk, GET("/z"));
    http_server(&talk, OK5);
    expect_next("/z", 200, 0);
    cr_expect_eq(facts()->losses, 0);
}

Test(request, instead_of_chunks_that_were_refused_comes_another_request)
{
    http_client(&talk, "PUT /x HTTP/1.1\r\nExpect: 100-continue\r\n"
                       "Transfer-Encoding: chunked\r\n\r\n");
    http_server(&talk, "HTTP/1.1 401 No\r\n\r\nuntil the next request");
    http_client(&talk, AGAIN);
    expect_next("/x", 401, 0);
    http_server(&talk, OK5);
    expect_next("/y", 200, 0);
    cr_expect_eq(facts()->losses, 0);
}

/* What it looks like does not matter then. */
Test(request, a_body_that_was_asked_for_is_one)
{
    http_client(&talk, EXPECTING("500"));
    http_server(&talk, "HTTP/1.1 103 Early Hints\r\n\r\n");
    http_server(&talk, "HTTP/1.1 100 Continue\r\n\r\n");
    http_server(&talk, REFUSED);
    expect_next("/x", 417, 0);
    http_client(&talk, GET("/of-a-body"));
    cr_expect_not(next());
    teardown();
    setup();
    http_client(&talk, EXPECTING("500"));
    http_say(&talk, CS_FROM_SERVER, (struct http_said){{HTTP_BYTES("HTTP/1.1 10")}, 9});
    http_client(&talk, GET("/of-a-body"));
    cs_http_close(talk.http, CS_HTTP_ENDED_BY_SERVER, 0);
    cr_assert(next() && !strcmp(exchange.url.path, "/x"));
    cr_expect_not(next());
}

Test(request, a_body_that_did_not_wait_is_one)
{
    http_client(&talk, EXPECTING("500") "h");
    http_server(&talk, REFUSED);
    expect_next("/x", 417, 0);
    http_client(&talk, GET("/of-a-body"));
    cr_expect_not(next());
    teardown();
    setup();
    http_client(&talk, "PUT /x HTTP/1.1\r\nContent-Length: 500\r\n\r\n");
    http_server(&talk, REFUSED);
    expect_next("/x", 417, 0);
    http_client(&talk, GET("/of-a-body"));
    cr_expect_not(next());
}

Test(request, a_body_comes_though_it_was_refused)
{
    http_client(&talk, EXPECTING("500"));
    http_server(&talk, REFUSED);
    expect_next("/x", 417, 0);
    http_say(&talk, CS_FROM_CLIENT, (struct http_said){{HTTP_BYTES("hello\r\n")}, 493});
    http_client(&talk, GET("/y"));
    http_server(&talk, OK5);
    expect_next("/y", 200, 0);
    cr_expect_eq(facts()->losses, 0);
    http_server(&talk, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
    cr_expect_eq(facts()->losses, 0);
}

/* As a tape has it. */
Test(request, a_body_that_is_hidden_is_one)
{
    http_client(&talk, EXPECTING("3"));
    http_server(&talk, REFUSED);
    expect_next("/x", 417, 0);
    http_client(&talk, "xxx" GET("/y"));
    http_server(&talk, OK5);
    expect_next("/y", 200, 0);
    cr_expect_str_eq(exchange.method, "GET");
}

/* Of a head whose end was not seen nobody knows whether it is one. */
Test(request, one_that_passes_for_a_body_is_a_loss_when_it_is_answered)
{
    http_client(&talk, EXPECTING("50000"));
    http_server(&talk, REFUSED);
    expect_next("/x", 417, 0);
    http_say(&talk, CS_FROM_CLIENT,
             (struct http_said){{HTTP_BYTES("PUT /y HTTP/1.1\r\nCookie: ")}, 3000});
    cr_expect_eq(facts()->losses, 0);
    http_server(&talk, OK5);
    cr_expect_eq(facts()->losses, 1);
    cr_expect_not(next());
    http_client(&talk, GET("/z"));
    http_server(&talk, OK5);
    expect_next("/z", 200, 0);
    cr_expect_eq(facts()->losses, 1);
}
