/* SPDX-License-Identifier: MIT */
/* What comes before TLS or payload: tunnels, headers, banners, and bytes out of order. */
#include "user/fold/prelude.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/harness/capture.h"
#include "tests/harness/events.h"

#define METHODS  "\x05\x01\x00"
#define METHOD   "\x05\x00"
#define REQUEST  "\x05\x01\x00\x03\x0btarget.test\x01\xbb"
#define GRANTED  "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"
#define REFUSED  "\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00"
#define ASKED_AT (EV_ESTABLISHED + MS)
#define REPLY_AT (EV_ESTABLISHED + 30 * MS)
#define HELLO    (EV_ESTABLISHED + 31 * MS)
#define FINISHED (EV_ESTABLISHED + 50 * MS)

enum { DIALOGUE_CLIENT = 3 + 18, DIALOGUE_SERVER = 2 + 10 };

static struct capture run;

static void open_run(void)
{
    capture_open(&run, 0);
}

static void close_run(void)
{
    capture_close(&run);
}

TestSuite(prelude, .init = open_run, .fini = close_run);

static void ask(void)
{
    GIVE(&run, ev_connection(1, ASKED_AT, CS_REASON_PREAMBLE));
    GIVE(&run, ev_bytes(1, ASKED_AT, EV_CLIENT_BYTES(METHODS, 0)));
    GIVE(&run, ev_bytes(1, ASKED_AT, EV_SERVER_BYTES(METHOD, 0)));
    GIVE(&run, ev_bytes(1, ASKED_AT, EV_CLIENT_BYTES(REQUEST, 3)));
}

static void handshake(uint32_t client, uint32_t server)
{
    GIVE(&run, ev_upgrade(1, HELLO, client, server));
    GIVE(&run, ev_connection(1, HELLO, CS_REASON_TLS));
    GIVE(&run, ev_moved(ev_chunk(1, HELLO, STEP_CLIENT_HELLO), client));
    GIVE(&run, ev_moved(ev_chunk(1, HELLO + MS, STEP_SERVER_HELLO), server));
    GIVE(&run, ev_moved(ev_chunk(1, HELLO + MS, STEP_SERVER_FLIGHT), server));
    GIVE(&run, ev_moved(ev_chunk(1, FINISHED, STEP_CLIENT_FINISHED), client));
}

Test(prelude, tls_through_a_tunnel)
{
    ask();
    GIVE(&run, ev_bytes(1, REPLY_AT, EV_SERVER_BYTES(GRANTED, 2)));
    cr_expect_eq(run.count, 0);
    handshake(DIALOGUE_CLIENT, DIALOGUE_SERVER);
    cr_assert_eq(run.count, 1);
    cr_expect_eq(run.records[0].outcome, CONNSPAN_CONNECTED);
    cr_expect_eq(run.records[0].tls.start_ns, HELLO);
    cr_expect_eq(run.records[0].tls.end_ns, FINISHED);
    cr_assert_not_null(run.records[0].tunnel);
    cr_expect_eq(run.tunnels[0].kind, CS_TUNNEL_SOCKS5);
    cr_expect_str_eq(run.tunnels[0].target_host, "target.test");
    cr_expect_eq(run.tunnels[0].target_port, 443);
    cr_expect_eq(run.tunnels[0].opened_ns, REPLY_AT);
}

Test(prelude, plain_through_a_tunnel_is_connected_when_the_proxy_consents)
{
    ask();
    GIVE(&run, ev_bytes(1, REPLY_AT, EV_SERVER_BYTES(GRANTED, 2)));
    GIVE(&run, ev_connection(1, HELLO, CS_REASON_PAYLOAD));
    cr_assert_eq(run.count, 1);
    cr_expect_not(run.records[0].tls.present);
    cr_expect_eq(run.records[0].outcome, CONNSPAN_CONNECTED);
    cr_expect_eq(run.records[0].done_ns, REPLY_AT);
    cr_expect_eq(run.tunnels[0].opened_ns, REPLY_AT);
}

Test(prelude, a_proxy_that_refuses_fails_the_connection)
{
    ask();
    GIVE(&run, ev_bytes(1, REPLY_AT, EV_SERVER_BYTES(REFUSED, 2)));
    GIVE(&run, ev_end(1, REPLY_AT + MS, CS_CAUSE_CLOSE));
    cr_assert_eq(run.count, 1);
    cr_expect_eq(run.records[0].outcome, CONNSPAN_FAILED);
    cr_expect_eq(run.records[0].failed_ns, REPLY_AT);
    cr_expect_str_eq(run.records[0].error_phase, "proxy");
    cr_expect_str_eq(run.records[0].error_code, "ECONNREFUSED");
}

Test(prelude, a_proxy_that_never_answers)
{
    ask();
    GIVE(&run, ev_end(1, REPLY_AT, CS_CAUSE_PEER));
    cr_assert_eq(run.count, 1);
    cr_expect_eq(run.records[0].outcome, CONNSPAN_FAILED);
    cr_expect_eq(run.records[0].failed_ns, REPLY_AT);
    cr_expect_str_eq(run.records[0].error_phase, "proxy");
    cr_expect_str_eq(run.records[0].error_code, "eof");
}

Test(prelude, a_banner_is_plain_when_it_ends)
{
    GIVE(&run, ev_connection(1, ASKED_AT, CS_REASON_PREAMBLE));
    GIVE(&run, ev_end(1, ASKED_AT + 30 * S, CS_CAUSE_LIMIT));
    cr_assert_eq(run.count, 1);
    cr_expect_eq(run.records[0].outcome, CONNSPAN_CONNECTED);
    cr_expect_null(run.records[0].tunnel);
    cr_expect_eq(run.records[0].done_ns, ASKED_AT);
}

Test(prelude, a_banner_is_unfinished_when_the_tracer_stops)
{
    GIVE(&run, ev_connection(1, ASKED_AT, CS_REASON_PREAMBLE));
    cs_fold_finish(run.fold, ASKED_AT + S);
    cr_assert_eq(run.count, 1);
    cr_expect_eq(run.records[0].outcome, CONNSPAN_UNFINISHED);
    cr_expect_not(run.records[0].tls.present);
}

Test(prelude, what_was_told_before_is_told_again_only_with_tls)
{
    struct cs_event_connection event = ev_connection(1, ASKED_AT, CS_REASON_PREAMBLE);

    event.facts.flags = CS_CONN_TOLD;
    GIVE(&run, event);
    GIVE(&run, ev_end(1, ASKED_AT + S, CS_CAUSE_CLOSE));
    cr_expect_eq(run.count, 0);
}

Test(prelude, a_hello_behind_a_header_in_one_segment)
{
    union ev_chunk hello = ev_chunk(1, HELLO, STEP_CLIENT_HELLO);
    union ev_chunk both = ev_payload(1, HELLO, "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n");
    uint32_t header = both.chunk.data_bytes;

    memcpy(both.chunk.data + header, hello.chunk.data, hello.chunk.data_bytes);
    both.chunk.data_bytes += hello.chunk.data_bytes;
    GIVE(&run, ev_upgrade(1, HELLO, header, 0));
    GIVE(&run, ev_connection(1, HELLO, CS_REASON_TLS));
    GIVE(&run, both);
    GIVE(&run, ev_chunk(1, HELLO + MS, STEP_SERVER_HELLO));
    GIVE(&run, ev_chunk(1, HELLO + MS, STEP_SERVER_FLIGHT));
    GIVE(&run, ev_moved(ev_chunk(1, FINISHED, STEP_CLIENT_FINISHED), header));
    cr_assert_eq(run.count, 1);
    cr_expect_eq(run.records[0].tls.start_ns, HELLO);
    cr_expect_eq(run.records[0].tls.end_ns, FINISHED);
    cr_expect(run.records[0].tls.wire.server_name[0]);
}

/* The second segment of a hello comes first: it is held until the first one tells what it is. */
Test(prelude, a_hello_whose_end_comes_first)
{
    union ev_chunk hello = ev_chunk(1, HELLO, STEP_CLIENT_HELLO);
    union ev_chunk rest = hello;
    enum { CUT = 40 };

    rest.chunk.offset += CUT;
    rest.chunk.data_bytes -= CUT;
    memmove(rest.chunk.data, hello.chunk.data + CUT, rest.chunk.data_bytes);
    hello.chunk.data_bytes = CUT;
    rest.chunk.event.ts_ns = HELLO - US;
    GIVE(&run, ev_connection(1, HELLO - US, CS_REASON_PREAMBLE));
    GIVE(&run, rest);
    GIVE(&run, ev_connection(1, HELLO, CS_REASON_TLS));
    GIVE(&run, hello);
    GIVE(&run, ev_chunk(1, HELLO + MS, STEP_SERVER_HELLO));
    GIVE(&run, ev_chunk(1, HELLO + MS, STEP_SERVER_FLIGHT));
    GIVE(&run, ev_chunk(1, FINISHED, STEP_CLIENT_FINISHED));
    cr_assert_eq(run.count, 1);
    cr_expect_eq(run.records[0].tls.start_ns, HELLO);
    cr_expect_eq(run.records[0].tls.end_ns, FINISHED);
    cr_expect(run.records[0].tls.wire.server_name[0]);
}

Test(prelude, what_is_held_is_bounded)
{
    union ev_chunk chunk = ev_chunk(1, HELLO, STEP_CLIENT_HELLO);
    struct cs_prelude prelude = {0};

    for (int i = 0; i < 1000; i++)
        cs_prelude_hold(&prelude, &chunk.chunk);
    cr_expect_leq(prelude.held_bytes, CS_PRELUDE_HOLD_BYTES);
    cr_expect_gt(prelude.held_bytes, CS_PRELUDE_HOLD_BYTES - CS_CHUNK_MAX_BYTES);
    cs_prelude_free(&prelude);
}
