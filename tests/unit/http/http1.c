/* SPDX-License-Identifier: MIT */
/* Exchanges of HTTP/1 out of turns: which response is whose, when each begins and ends, and what is
 * said where that cannot be known. Milliseconds count packets: the first passes at 1. */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/unit/http/http1_talk.h"

TestSuite(http1, .init = setup, .fini = teardown);

Test(http1, one_exchange)
{
    http_client(&talk, GET("/x"));
    cr_expect_not(next());
    http_say(&talk, CS_FROM_SERVER,
             (struct http_said){{HTTP_BYTES("HTTP/1.1 200 OK\r\nContent-Type: Text/HTML; x=y\r\n"
                                            "Content-Encoding: GZip\r\nContent-Length: 5\r\n\r\n"),
                                 HTTP_BYTES("hello")}});
    expect_next("/x", 200, 0);
    cr_expect_not(next());
    cr_expect_eq(exchange.version, CS_HTTP_1_1);
    cr_expect_str_eq(exchange.method, "GET");
    cr_expect_str_eq(exchange.url.authority, "a");
    cr_expect_str_eq(exchange.content_type, "text/html");
    cr_expect_str_eq(exchange.content_encoding, "gzip");
    cr_expect_eq(http_ms(exchange.request_start_ns), 1);
    cr_expect_eq(http_ms(exchange.request_end_ns), 1);
    cr_expect_eq(http_ms(exchange.interim_ns), 0);
    cr_expect_eq(http_ms(exchange.headers_ns), 2);
    cr_expect_eq(http_ms(exchange.response_end_ns), 3);
    cr_expect_eq(exchange.request_bytes, sizeof(GET("/x")) - 1);
    cr_expect_eq(exchange.body_bytes, 5);
    cr_expect_eq(facts()->state, CS_HTTP_SPEAKING);
    cr_expect_eq(facts()->exchanges, 1);
}

/* What stands in front of an "@" that was not seen is not known to be a host. */
Test(http1, target_that_is_cut_in_its_authority)
{
    http_client(&talk, "GET http://alice:123456");
    http_server(&talk, OK5);
    expect_next("", 200, CS_HTTP_REQUEST_CUT);
    cr_expect_str_eq(exchange.url.authority, "");
    cr_expect(exchange.url.is_cut);
    cr_expect_eq(exchange.fetch.mode, CS_FETCH_NO_CORS, "nor is it known whose it is");
}

Test(http1, keep_alive)
{
    for (int i = 0; i < 3; i++) {
        http_client(&talk, GET("/x"));
        http_server(&talk, OK5);
        expect_next("/x", 200, 0);
    }
    cr_expect_eq(facts()->losses, 0);
}

Test(http1, a_response_much_longer_than_what_is_captured)
{
    http_client(&talk, GET("/x"));
    http_say(
        &talk, CS_FROM_SERVER,
        (struct http_said){{HTTP_BYTES("HTTP/1.1 200 OK\r\nContent-Length: 5000000000\r\n\r\n")},
                           5000000000});
    expect_next("/x", 200, 0);
    cr_expect_eq(exchange.body_bytes, 5000000000);
    cr_expect_eq(http_ms(exchange.headers_ns), 2);
    cr_expect_eq(http_ms(exchange.response_end_ns), 3);
    http_client(&talk, GET("/y"));
    http_server(&talk, OK5);
    expect_next("/y", 200, 0);
}

Test(http1, a_response_told_in_parts)
{
    http_client(&talk, GET("/x"));
    http_server(&talk, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
    cr_expect_not(next());
    http_server(&talk, "lo");
    expect_next("/x", 200, 0);
    cr_expect_eq(http_ms(exchange.response_end_ns), 3);
}

Test(http1, interim_responses_in_one_turn)
{
    http_client(&talk, GET("/x"));
    http_say(&talk, CS_FROM_SERVER,
             (struct http_said){{HTTP_BYTES("HTTP/1.1 100 Continue\r\n\r\n"),
                                 HTTP_BYTES("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
                                 HTTP_BYTES(OK5)}});
    expect_next("/x", 200, 0);
    cr_expect_eq(http_ms(exchange.interim_ns), 2);
    cr_expect_eq(http_ms(exchange.headers_ns), 4);
    cr_expect_eq(exchange.body_bytes, 5);
}

Test(http1, a_body_that_waits_for_100)
{
    http_client(&talk, "POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                       "Content-Length: 2000\r\n\r\n");
    http_server(&talk, "HTTP/1.1 100 Continue\r\n\r\n");
    http_say(&talk, CS_FROM_CLIENT,
             (struct http_said){{HTTP_BYTES("GET / HTTP/1.1\r\n\r\n")}, 1982});
    http_server(&talk, OK5);
    expect_next("/x", 200, 0);
    cr_expect_eq(http_ms(exchange.interim_ns), 2);
    cr_expect_eq(http_ms(exchange.request_end_ns), 4);
    cr_expect_eq(http_ms(exchange.headers_ns), 5);
    cr_expect_not(next());
}

Test(http1, responses_without_a_body)
{
    http_client(&talk, "HEAD /h HTTP/1.1\r\n\r\n");
    http_server(&talk, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    expect_next("/h", 200, 0);
    cr_expect_eq(exchange.body_bytes, 0);
    http_client(&talk, GET("/n"));
    http_server(&talk, "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n");
    expect_next("/n", 304, 0);
    http_client(&talk, GET("/e"));
    http_server(&talk, "HTTP/1.1 204 No Content\r\n\r\n");
    expect_next("/e", 204, 0);
}

Test(http1, chunks_whose_sizes_are_not_seen_end_with_the_next_request)
{
    http_client(&talk, GET("/x"));
    http_say(&talk, CS_FROM_SERVER,
             (struct http_said){{HTTP_BYTES("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                            "3e8\r\n")},
                                3000});
    cr_expect_not(next(), "nobody knows whether it has ended");
    http_client(&talk, GET("/y"));
    expect_next("/x", 200, 0);
    cr_expect_eq(exchange.body_bytes, CS_HTTP_UNKNOWN_BYTES);
    cr_expect_eq(http_ms(exchange.response_end_ns), 3);
    http_server(&talk, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n");
    expect_next("/y", 200, 0);
    cr_expect_eq(exchange.body_bytes, 2);
}

Test(http1, a_body_until_close)
{
    http_client(&talk, "GET /x HTTP/1.0\r\n\r\n");
    http_say(&talk, CS_FROM_SERVER,
             (struct http_said){{HTTP_BYTES("HTTP/1.1 200 OK\r\n\r\n")}, 3000});
    cr_expect_not(next());
    cs_http_close(talk.http, CS_HTTP_ENDED_BY_SERVER, 0);
    expect_next("/x", 200, 0);
    cr_expect_eq(exchange.version, CS_HTTP_1_0);
    cr_expect_eq(exchange.body_bytes, 3000);
}

Test(http1, a_close_too_early)
{
    http_client(&talk, GET("/x"));
    http_server(&talk, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
    cs_http_close(talk.http, CS_HTTP_ENDED_BY_SERVER, 0);
    expect_next("/x", 200, CS_HTTP_INCOMPLETE);
    cr_expect_eq(exchange.body_bytes, 3);
}

Test(http1, a_close_without_a_response)
{
    http_client(&talk, GET("/x"));
    cs_http_close(talk.http, CS_HTTP_ENDED_BY_SERVER, 0);
    expect_next("/x", 0, CS_HTTP_NO_RESPONSE);
    cr_expect_eq(exchange.body_bytes, CS_HTTP_UNKNOWN_BYTES);
    cr_expect_eq(exchange.response_end_ns, 0);
}

Test(http1, pipelined_requests)
{
    http_say(&talk, CS_FROM_CLIENT,
             (struct http_said){{HTTP_BYTES(GET("/1")), HTTP_BYTES(GET("/2") GET("/3"))}});
    http_server(&talk, OK5 "HTTP/1.1 100 Continue\r\n\r\n" OK5);
    expect_next("/1", 200, 0);
    expect_next("/2", 200, CS_HTTP_PIPELINED);
    cr_expect_eq(http_ms(exchange.request_start_ns), 2);
    cr_expect_not(next());
    http_server(&talk, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    expect_next("/3", 404, CS_HTTP_PIPELINED);
    cr_expect_eq(facts()->losses, 0);
}

Test(http1, pipelined_while_a_response_goes_on)
{
    http_client(&talk, GET("/1"));
    http_server(&talk, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
    http_client(&talk, GET("/2"));
    http_server(&talk, "lo" OK5);
    expect_next("/1", 200, 0);
    expect_next("/2", 200, CS_HTTP_PIPELINED);
}

Test(http1, heads_longer_than_what_is_seen)
{
    http_say(&talk, CS_FROM_CLIENT,
             (struct http_said){{HTTP_BYTES("GET /x HTTP/1.1\r\nHost: a\r\nCookie: ")}, 3000});
    http_say(&talk, CS_FROM_SERVER,
             (struct http_said){{HTTP_BYTES("HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nX: ")}, 3000});
    http_client(&talk, GET("/y"));
    expect_next("/x", 200, CS_HTTP_REQUEST_CUT | CS_HTTP_RESPONSE_CUT);
    cr_expect_str_eq(exchange.content_type, "a/b");
    cr_expect_str_eq(exchange.url.authority, "a");
    cr_expect_eq(exchange.body_bytes, CS_HTTP_UNKNOWN_BYTES);
    http_server(&talk, OK5);
    expect_next("/y", 200, 0);
    cr_expect_eq(facts()->losses, 0);
}

Test(http1, a_target_longer_than_what_is_seen)
{
    http_say(&talk, CS_FROM_CLIENT, (struct http_said){{HTTP_BYTES("GET /long")}, 3000});
    http_server(&talk, OK5);
    expect_next("/long", 200, CS_HTTP_REQUEST_CUT);
    cr_expect(exchange.url.is_cut);
    cr_expect_eq(exchange.version, CS_HTTP_1_1, "as the response says");
}

Test(http1, an_upgrade_and_a_tunnel_end_it)
{
    http_client(&talk, GET("/ws"));
    http_server(&talk, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x02hi");
    expect_next("/ws", 101, CS_HTTP_UPGRADED);
    cr_expect_eq(http_ms(exchange.interim_ns), 2, "it is a 1xx");
    cr_expect_eq(http_ms(exchange.headers_ns), 2, "and the last response");
    cr_expect_eq(facts()->state, CS_HTTP_OVER);
    http_client(&talk, GET("/frame"));
    cs_http_close(talk.http, CS_HTTP_ENDED_BY_SERVER, 0);
    cr_expect_not(next());
    teardown();
    setup();
    http_client(&talk, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n");
    http_server(&talk, "HTTP/1.1 200 OK\r\n\r\n");
    expect_next("", 200, CS_HTTP_TUNNEL);
    cr_expect_str_eq(exchange.url.authority, "a:443");
    cr_expect_eq(facts()->state, CS_HTTP_OVER);
}

Test(http1, an_upgrade_behind_hints_is_not_the_first_1xx)
{
    http_client(&talk, GET("/ws"));
    http_server(&talk, "HTTP/1.1 103 Early Hints\r\n\r\n");
    http_server(&talk, "HTTP/1.1 101 Switching Protocols\r\n\r\n");
    expect_next("/ws", 101, CS_HTTP_UPGRADED);
    cr_expect_eq(http_ms(exchange.interim_ns), 2);
    cr_expect_eq(http_ms(exchange.headers_ns), 3);
}

Test(http1, a_refused_tunnel_goes_on)
{
    http_client(&talk, "CONNECT a:443 HTTP/1.1\r\n\r\n");
    http_server(&talk, "HTTP/1.1 407 Authenticate\r\nContent-Length: 5\r\n\r\nhello");
    expect_next("", 407, 0);
    cr_expect_eq(facts()->state, CS_HTTP_SPEAKING);
}

Test(http1, an_early_response_does_not_end_the_body)
{
    http_say(
        &talk, CS_FROM_CLIENT,
        (struct http_said){{HTTP_BYTES("PUT /x HTTP/1.1\r\nContent-Length: 5000\r\n\r\n")}, 1000});
    http_server(&talk, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
    expect_next("/x", 413, 0);
    http_say(&talk, CS_FROM_CLIENT, (struct http_said){.uncaptured = 4000});
    http_client(&talk, GET("/y"));
    http_server(&talk, OK5);
    expect_next("/y", 200, 0);
    cr_expect_eq(facts()->losses, 0);
}

Test(http1, what_is_not_http)
{
    http_client(&talk, "EHLO me\r\n");
    cr_expect_eq(facts()->state, CS_HTTP_FOREIGN);
    teardown();
    setup();
    http_server(&talk, "220 mail.example ESMTP\r\n");
    cr_expect_eq(facts()->state, CS_HTTP_FOREIGN);
    teardown();
    setup();
    http_client(&talk, GET("/x"));
    http_server(&talk, "ICY 200 OK\r\n\r\n");
    expect_next("/x", 0, CS_HTTP_LOST);
    cr_expect_eq(facts()->losses, 1);
}

Test(http1, what_comes_unasked_is_nobodys)
{
    http_client(&talk, GET("/x"));
    http_server(&talk, OK5);
    http_server(&talk, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
    cs_http_close(talk.http, CS_HTTP_ENDED_BY_SERVER, 0);
    expect_next("/x", 200, 0);
    cr_expect_not(next());
}
