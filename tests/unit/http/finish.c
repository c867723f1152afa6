/* SPDX-License-Identifier: MIT */
/* What the end of the connection makes of a response whose end was not seen. */
#include <criterion/criterion.h>

#include "tests/harness/http_talk.h"

#define UNTIL_CLOSE "HTTP/1.1 200 OK\r\n\r\nhel"
#define CHUNKS      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n"

static void expect_close(struct http_said response, enum cs_http_ending how, uint64_t later_ns,
                         uint32_t flags)
{
    struct cs_http_exchange exchange;
    struct http_talk talk;

    http_talk_begin(&talk, CS_URL_PATH);
    http_client(&talk, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    http_say(&talk, CS_FROM_SERVER, response);
    cs_http_close(talk.http, how, talk.now_ns + later_ns);
    cr_assert(cs_http_next(talk.http, &exchange));
    cr_expect_eq(exchange.status, 200);
    cr_expect_eq(exchange.flags, flags, "ending %d, %zu ms: flags %x", how, (size_t)(later_ns / MS),
                 exchange.flags);
    http_talk_end(&talk);
}

/* RFC 9112 section 8. */
Test(finish, a_body_until_the_close_is_whole_if_the_server_closed)
{
    static const struct http_said said = {{HTTP_BYTES(UNTIL_CLOSE)}};

    expect_close(said, CS_HTTP_ENDED_BY_SERVER, 0, 0);
    expect_close(said, CS_HTTP_ENDED_UNSEEN, 0, 0);
    expect_close(said, CS_HTTP_NOT_ENDED, 0, CS_HTTP_INCOMPLETE);
    expect_close(said, CS_HTTP_ENDED_BY_CLIENT, 0, CS_HTTP_INCOMPLETE);
    expect_close(said, CS_HTTP_ENDED_BROKEN, 0, CS_HTTP_INCOMPLETE);
    expect_close(said, CS_HTTP_ENDED_BROKEN, 9 * S, CS_HTTP_INCOMPLETE);
}

Test(finish, chunks_without_the_last_are_not_whole)
{
    for (int how = CS_HTTP_NOT_ENDED; how <= CS_HTTP_ENDED_BROKEN; how++)
        expect_close((struct http_said){{HTTP_BYTES(CHUNKS)}}, how, 0, CS_HTTP_INCOMPLETE);
}

/* The last may have been among them. */
Test(finish, chunks_beyond_what_is_seen_are_not_whole_if_they_were_coming_when_it_broke)
{
    static const struct http_said said = {{HTTP_BYTES(CHUNKS "5dc\r\n")}, 3000};

    for (int how = CS_HTTP_NOT_ENDED; how < CS_HTTP_ENDED_BROKEN; how++)
        expect_close(said, how, 0, 0);
    expect_close(said, CS_HTTP_ENDED_BROKEN, 999 * MS, CS_HTTP_INCOMPLETE);
    expect_close(said, CS_HTTP_ENDED_BROKEN, S, 0);
}

Test(finish, a_response_of_known_length_that_is_whole_stays_so)
{
    expect_close(
        (struct http_said){{HTTP_BYTES("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")}},
        CS_HTTP_ENDED_BROKEN, 0, 0);
}
