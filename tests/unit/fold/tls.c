/* SPDX-License-Identifier: MIT */
/* How a TLS connection completes or breaks: one story per test, told to a whole fold. */
#include "user/fold/tls.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>

#include "tests/harness/capture.h"
#include "tests/harness/events.h"

/* One handshake, 10 ms a step. */
#define BEGIN    (EV_START + 30 * MS)
#define HELLO    (EV_START + 31 * MS)
#define ANSWER   (EV_START + 40 * MS)
#define FLIGHT   (EV_START + 41 * MS)
#define FINISHED (EV_START + 50 * MS)
#define RETURNED (EV_START + 50 * MS + 30 * US)

static struct capture run;

static void open_run(void)
{
    capture_open(&run, 0);
}

static void close_run(void)
{
    capture_close(&run);
}

TestSuite(tls, .init = open_run, .fini = close_run);

static void hello(void)
{
    GIVE(&run, ev_connection(1, HELLO, CS_REASON_TLS));
    GIVE(&run, ev_chunk(1, HELLO, STEP_CLIENT_HELLO));
}

static void bound_hello(void)
{
    GIVE(&run, ev_connection(1, HELLO, CS_REASON_TLS));
    GIVE(&run, ev_bind(1, HELLO, BEGIN));
    GIVE(&run, ev_chunk(1, HELLO, STEP_CLIENT_HELLO));
}

static void answer(void)
{
    GIVE(&run, ev_chunk(1, ANSWER, STEP_SERVER_HELLO));
    GIVE(&run, ev_chunk(1, FLIGHT, STEP_SERVER_FLIGHT));
}

static void finished(void)
{
    GIVE(&run, ev_chunk(1, FINISHED, STEP_CLIENT_FINISHED));
}

static const struct cs_record *only_record(void)
{
    cr_assert_eq(run.count, 1);
    return &run.records[0];
}

static void expect_connected(uint64_t start_ns, uint64_t end_ns)
{
    const struct cs_record *record = only_record();

    cr_expect_eq(record->outcome, CONNSPAN_CONNECTED);
    cr_expect(record->tls.present);
    cr_expect_eq(record->tls.start_ns, start_ns);
    cr_expect_eq(record->tls.end_ns, end_ns);
    cr_expect_null(record->error_phase);
    cr_expect_eq(record->failed_ns, 0);
}

static void expect_broken(enum connspan_outcome outcome, const char *code, uint64_t at_ns)
{
    const struct cs_record *record = only_record();

    cr_expect_eq(record->outcome, outcome);
    cr_expect_str_eq(record->error_phase, "tls");
    cr_expect_str_eq(record->error_code, code);
    cr_expect_eq(record->failed_ns, at_ns);
    cr_expect_eq(record->done_ns, at_ns);
    cr_expect_eq(record->tls.end_ns, 0);
}

Test(tls, unbound_is_complete_with_the_end_rule)
{
    hello();
    answer();
    cr_expect_eq(run.count, 0);
    finished();
    expect_connected(HELLO, FINISHED);
    cr_expect_not(run.records[0].tls.start_by_uprobe);
    cr_expect_not(run.records[0].tls.end_by_uprobe);
    cr_expect_str_eq(run.records[0].tls.wire.server_name, "example.com");
    cr_expect_eq(run.records[0].tls.wire.version, 0x0304);
    cr_expect_eq(run.records[0].done_ns, FINISHED);
}

Test(tls, the_return_of_the_handshake_is_the_better_end)
{
    bound_hello();
    answer();
    finished();
    cr_expect_eq(run.count, 0);
    GIVE(&run, ev_handshake(1, RETURNED));
    expect_connected(BEGIN, RETURNED);
    cr_expect(run.records[0].tls.start_by_uprobe);
    cr_expect(run.records[0].tls.end_by_uprobe);
    cr_expect_eq(run.records[0].tls.bound_by, CS_BOUND_THREAD);
    cr_expect_eq(run.records[0].tls.calls, 2);
}

Test(tls, the_return_may_precede_the_wire)
{
    bound_hello();
    answer();
    GIVE(&run, ev_handshake(1, FINISHED - 150 * US));
    expect_connected(BEGIN, FINISHED - 150 * US);
    finished();
    GIVE(&run, ev_end(1, FINISHED, CS_CAUSE_DONE));
    GIVE(&run, ev_tick(FINISHED + 10 * S));
    cr_expect_eq(run.count, 1);
}

Test(tls, an_implicit_handshake_ends_by_the_wire_at_once)
{
    struct cs_event_bind bind = ev_bind(1, HELLO, BEGIN);

    bind.flags = 0;
    hello();
    GIVE(&run, bind);
    answer();
    finished();
    expect_connected(BEGIN, FINISHED);
    cr_expect(run.records[0].tls.start_by_uprobe);
    cr_expect_not(run.records[0].tls.end_by_uprobe);
}

Test(tls, no_return_within_a_second_means_the_wire)
{
    bound_hello();
    answer();
    finished();
    GIVE(&run, ev_end(1, FINISHED, CS_CAUSE_DONE));
    GIVE(&run, ev_tick(FINISHED + S));
    cr_expect_eq(run.count, 0);
    GIVE(&run, ev_tick(FINISHED + S + 1));
    expect_connected(BEGIN, FINISHED);
    cr_expect_not(run.records[0].tls.end_by_uprobe);
}

Test(tls, any_event_can_end_the_wait)
{
    bound_hello();
    answer();
    finished();
    GIVE(&run, ev_connection(2, FINISHED + 2 * S, CS_REASON_PAYLOAD));
    cr_assert_eq(run.count, 2);
    cr_expect_eq(run.records[0].id, 1);
    cr_expect_eq(run.records[1].id, 2);
}

Test(tls, a_close_ends_the_wait)
{
    bound_hello();
    answer();
    finished();
    GIVE(&run, ev_end(1, FINISHED + MS, CS_CAUSE_CLOSE));
    expect_connected(BEGIN, FINISHED);
}

Test(tls, a_return_before_the_server_hello_is_early_data)
{
    bound_hello();
    GIVE(&run, ev_handshake(1, HELLO + 10 * US));
    answer();
    cr_expect_eq(run.count, 0);
    finished();
    cr_expect_eq(run.count, 0);
    GIVE(&run, ev_tick(FINISHED + 2 * S));
    expect_connected(BEGIN, FINISHED);
    cr_expect_not(run.records[0].tls.end_by_uprobe);
}

Test(tls, a_second_return_after_early_data_counts)
{
    bound_hello();
    GIVE(&run, ev_handshake(1, HELLO + 10 * US));
    answer();
    finished();
    GIVE(&run, ev_handshake(1, RETURNED));
    expect_connected(BEGIN, RETURNED);
    cr_expect(run.records[0].tls.end_by_uprobe);
}

Test(tls, a_conflict_voids_the_bind)
{
    struct cs_event_bind none = ev_bind(1, HELLO + MS, 0);

    none.bound_by = CS_BOUND_NONE;
    none.flags = 0;
    bound_hello();
    GIVE(&run, none);
    answer();
    GIVE(&run, ev_handshake(1, ANSWER + 5 * MS));
    finished();
    expect_connected(HELLO, FINISHED);
    cr_expect_eq(run.records[0].tls.bound_by, CS_BOUND_NONE);
    cr_expect_null(run.records[0].tls.library);
}

Test(tls, a_begin_after_the_client_hello_is_not_believed)
{
    hello();
    GIVE(&run, ev_bind(1, HELLO, HELLO + 1));
    answer();
    GIVE(&run, ev_handshake(1, RETURNED));
    expect_connected(HELLO, RETURNED);
    cr_expect_not(run.records[0].tls.start_by_uprobe);
    cr_expect(run.records[0].tls.end_by_uprobe);
}

Test(tls, a_begin_before_connect_is_not_believed)
{
    hello();
    GIVE(&run, ev_bind(1, HELLO, EV_START - 1));
    answer();
    GIVE(&run, ev_handshake(1, RETURNED));
    expect_connected(HELLO, RETURNED);
}

Test(tls, a_server_may_begin_after_the_client_hello)
{
    struct cs_event_connection event = ev_connection(1, HELLO, CS_REASON_TLS);

    event.facts.role = CS_ROLE_SERVER;
    GIVE(&run, event);
    GIVE(&run, ev_chunk(1, HELLO, STEP_CLIENT_HELLO));
    GIVE(&run, ev_bind(1, ANSWER, HELLO + MS));
    answer();
    finished();
    GIVE(&run, ev_handshake(1, RETURNED));
    expect_connected(HELLO + MS, RETURNED);
}

Test(tls, an_alert_in_clear_decides_at_once)
{
    bound_hello();
    GIVE(&run, ev_chunk(1, ANSWER, STEP_ALERT));
    expect_broken(CONNSPAN_FAILED, "handshake_failure", ANSWER);
    cr_expect_str_eq(run.records[0].error_detail, "sent by the server");
    cr_expect_eq(run.records[0].tls.start_ns, BEGIN);
    GIVE(&run, ev_end(1, ANSWER + MS, CS_CAUSE_PEER));
    cr_expect_eq(run.count, 1);
}

Test(tls, an_encrypted_alert_is_told_by_its_size)
{
    const uint32_t next = (uint32_t)handshake_bytes(STEP_CLIENT_HELLO).length;

    hello();
    answer();
    GIVE(&run,
         ev_bytes(1, FINISHED,
                  EV_CLIENT_BYTES("\x14\x03\x03\x00\x01\x01\x17\x03\x03\x00\x13...................",
                                  next)));
    expect_broken(CONNSPAN_FAILED, "encrypted_alert", FINISHED);
    cr_expect_str_eq(run.records[0].error_detail, "sent by the client");
}

Test(tls, the_peer_hangs_up)
{
    bound_hello();
    GIVE(&run, ev_end(1, ANSWER, CS_CAUSE_PEER));
    expect_broken(CONNSPAN_FAILED, "eof", ANSWER);
}

Test(tls, reset_and_timeout)
{
    struct cs_event_end reset = ev_end(1, ANSWER, CS_CAUSE_KERNEL);
    struct cs_event_end timeout = ev_end(2, ANSWER, CS_CAUSE_KERNEL);

    reset.error = ECONNRESET;
    timeout.error = ETIMEDOUT;
    hello();
    GIVE(&run, ev_connection(2, HELLO, CS_REASON_TLS));
    GIVE(&run, ev_chunk(2, HELLO, STEP_CLIENT_HELLO));
    GIVE(&run, reset);
    expect_broken(CONNSPAN_FAILED, "reset", ANSWER);
    GIVE(&run, timeout);
    cr_assert_eq(run.count, 2);
    cr_expect_str_eq(run.records[1].error_code, "timeout");
}

Test(tls, the_program_gives_up)
{
    hello();
    answer();
    GIVE(&run, ev_end(1, FLIGHT + MS, CS_CAUSE_CLOSE));
    expect_broken(CONNSPAN_ABORTED, "closed", FLIGHT + MS);
}

Test(tls, the_program_is_killed)
{
    struct cs_event_end end = ev_end(1, ANSWER, CS_CAUSE_SIGNAL);

    end.signal = SIGKILL;
    hello();
    GIVE(&run, end);
    expect_broken(CONNSPAN_ABORTED, "signal", ANSWER);
    cr_expect_str_eq(run.records[0].error_detail, "SIGKILL");
}

Test(tls, capture_at_its_limit_leaves_the_end_unknown)
{
    hello();
    answer();
    GIVE(&run, ev_end(1, FINISHED, CS_CAUSE_LIMIT));
    expect_connected(HELLO, 0);
    cr_expect(run.records[0].capture_limit);
    cr_expect_eq(run.records[0].done_ns, FINISHED);
}

Test(tls, a_lost_chunk_does_not_keep_the_entry_for_ever)
{
    hello();
    answer();
    GIVE(&run, ev_end(1, FINISHED, CS_CAUSE_DONE));
    cr_expect_eq(run.count, 0);
    GIVE(&run, ev_tick(FINISHED + 2 * S));
    expect_connected(HELLO, 0);
    cr_expect(run.records[0].capture_limit);
}

Test(tls, a_late_chunk_after_the_end_still_counts)
{
    hello();
    answer();
    GIVE(&run, ev_end(1, FINISHED, CS_CAUSE_DONE));
    finished();
    expect_connected(HELLO, FINISHED);
    cr_expect_not(run.records[0].capture_limit);
}

Test(tls, without_any_chunk_the_kernel_told_when_tls_began)
{
    GIVE(&run, ev_connection(1, HELLO, CS_REASON_TLS));
    GIVE(&run, ev_end(1, ANSWER, CS_CAUSE_PEER));
    expect_broken(CONNSPAN_FAILED, "eof", ANSWER);
    cr_expect_eq(run.records[0].tls.start_ns, HELLO);
}

Test(tls, what_only_looked_like_tls_is_plain)
{
    GIVE(&run, ev_connection(1, HELLO, CS_REASON_TLS));
    GIVE(&run, ev_payload(1, HELLO, "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"));
    cr_expect_eq(only_record()->outcome, CONNSPAN_CONNECTED);
    cr_expect_not(only_record()->tls.present);
    cr_expect_eq(only_record()->done_ns, HELLO);
}

Test(tls, what_was_tls_and_can_no_longer_be_followed_stays_tls)
{
    const uint32_t next = (uint32_t)handshake_bytes(STEP_CLIENT_HELLO).length;

    hello();
    GIVE(&run, ev_bytes(1, ANSWER, EV_CLIENT_BYTES("no record starts like this", next)));
    cr_expect_eq(run.count, 0);
    GIVE(&run, ev_end(1, FLIGHT, CS_CAUSE_CLOSE));
    expect_broken(CONNSPAN_ABORTED, "closed", FLIGHT);
    cr_expect(run.records[0].tls.present);
}
