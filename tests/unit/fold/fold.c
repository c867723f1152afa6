/* SPDX-License-Identifier: MIT */
/* What the fold keeps and for how long: order, orphans, room, names, the end of a run. */
#include "user/fold/fold.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/harness/capture.h"
#include "tests/harness/events.h"

#define HELLO    (EV_START + 31 * MS)
#define FINISHED (EV_START + 50 * MS)

static struct capture run;

static void open_run(void)
{
    capture_open(&run, 0);
}

static void close_run(void)
{
    capture_close(&run);
}

TestSuite(fold, .init = open_run, .fini = close_run);

static void chunks(uint64_t id)
{
    GIVE(&run, ev_chunk(id, HELLO, STEP_CLIENT_HELLO));
    GIVE(&run, ev_chunk(id, HELLO + MS, STEP_SERVER_HELLO));
    GIVE(&run, ev_chunk(id, HELLO + MS, STEP_SERVER_FLIGHT));
    GIVE(&run, ev_chunk(id, FINISHED, STEP_CLIENT_FINISHED));
}

Test(fold, plain_connections_pass_straight_through)
{
    GIVE(&run, ev_connection(1, EV_START + S, CS_REASON_PAYLOAD));
    GIVE(&run, ev_failure(2, EV_START + S, CS_CAUSE_CLOSE, 0));
    cr_assert_eq(run.count, 2);
    cr_expect_eq(run.records[0].id, 1);
    cr_expect_eq(run.records[0].outcome, CONNSPAN_CONNECTED);
    cr_expect_eq(run.records[0].facts.start_ns, EV_START);
    cr_expect_eq(run.records[1].outcome, CONNSPAN_ABORTED);
    cs_fold_finish(run.fold, EV_START + 2 * S);
    cr_expect_eq(run.count, 2);
}

Test(fold, records_may_come_before_their_connection)
{
    GIVE(&run, ev_handshake(1, FINISHED + US));
    GIVE(&run, ev_bind(1, HELLO, HELLO - MS));
    chunks(1);
    cr_expect_eq(run.count, 0);
    GIVE(&run, ev_connection(1, HELLO, CS_REASON_TLS));
    cr_assert_eq(run.count, 1);
    cr_expect_eq(run.records[0].tls.start_ns, HELLO - MS);
    cr_expect_eq(run.records[0].tls.end_ns, FINISHED + US);
}

Test(fold, an_orphan_lives_five_seconds)
{
    GIVE(&run, ev_chunk(1, HELLO, STEP_CLIENT_HELLO));
    GIVE(&run, ev_tick(HELLO + 5 * S + 1));
    GIVE(&run, ev_connection(1, HELLO, CS_REASON_TLS));
    cs_fold_finish(run.fold, HELLO + 6 * S);
    cr_assert_eq(run.count, 1);
    cr_expect_eq(run.records[0].tls.wire.client_hello_ns, 0);
}

Test(fold, an_orphan_is_no_entry)
{
    GIVE(&run, ev_chunk(1, HELLO, STEP_CLIENT_HELLO));
    GIVE(&run, ev_end(1, HELLO, CS_CAUSE_CLOSE));
    cs_fold_finish(run.fold, HELLO + S);
    cr_expect_eq(run.count, 0);
}

Test(fold, records_behind_a_complete_connection_are_nothing)
{
    GIVE(&run, ev_connection(1, HELLO, CS_REASON_TLS));
    chunks(1);
    cr_assert_eq(run.count, 1);
    chunks(1);
    GIVE(&run, ev_bind(1, HELLO, HELLO));
    GIVE(&run, ev_handshake(1, FINISHED + MS));
    GIVE(&run, ev_end(1, FINISHED + MS, CS_CAUSE_CLOSE));
    cs_fold_finish(run.fold, FINISHED + S);
    cr_expect_eq(run.count, 1);
}

Test(fold, an_end_alone_is_nothing)
{
    GIVE(&run, ev_connection(1, EV_START + S, CS_REASON_SILENT));
    GIVE(&run, ev_end(1, EV_START + 9 * S, CS_CAUSE_CLOSE));
    cr_expect_eq(run.count, 1);
}

/* Two processors saw the first bytes of both ends, or these and silence, at once. */
Test(fold, of_two_that_tell_at_once_the_first_counts)
{
    GIVE(&run, ev_connection(1, EV_START + MS, CS_REASON_PAYLOAD));
    GIVE(&run, ev_connection(1, EV_START + MS, CS_REASON_PREAMBLE));
    GIVE(&run, ev_connection(2, EV_START + S, CS_REASON_PAYLOAD));
    GIVE(&run, ev_connection(2, EV_START + S, CS_REASON_SILENT));
    GIVE(&run, ev_connection(3, EV_START + S, CS_REASON_SILENT));
    GIVE(&run, ev_connection(3, EV_START + S, CS_REASON_PAYLOAD));
    cr_expect_eq(cs_fold_pending(run.fold), 0);
    cs_fold_finish(run.fold, EV_START + 2 * S);
    cr_assert_eq(run.count, 3);
    for (uint64_t i = 0; i < 3; i++)
        cr_expect_eq(run.records[i].id, i + 1);
}

Test(fold, tls_after_silence_is_late)
{
    struct cs_event_connection event = ev_connection(1, HELLO, CS_REASON_TLS);

    event.facts.flags = CS_CONN_TOLD;
    GIVE(&run, ev_connection(1, EV_START + S, CS_REASON_SILENT));
    GIVE(&run, event);
    chunks(1);
    cr_assert_eq(run.count, 2);
    cr_expect_not(run.records[0].late);
    cr_expect(run.records[1].late);
    cr_expect_eq(run.records[1].id, 1);
}

/* The sweep told it while the hello was on its way: the one's word was not there for the other. */
Test(fold, tls_at_the_moment_of_silence_is_late_too)
{
    GIVE(&run, ev_connection(1, HELLO, CS_REASON_SILENT));
    GIVE(&run, ev_connection(1, HELLO, CS_REASON_TLS));
    chunks(1);
    cr_assert_eq(run.count, 2);
    cr_expect(run.records[1].late);
    cr_expect_neq(run.records[1].tls.wire.client_hello_ns, 0);
}

Test(fold, a_told_connection_that_is_no_tls_is_not_told_again)
{
    struct cs_event_connection event = ev_connection(1, HELLO, CS_REASON_TLS);

    event.facts.flags = CS_CONN_TOLD;
    GIVE(&run, ev_connection(1, EV_START + S, CS_REASON_SILENT));
    GIVE(&run, event);
    GIVE(&run, ev_payload(1, HELLO, "EHLO example.com, this is no ClientHello\r\n"));
    cs_fold_finish(run.fold, HELLO + S);
    cr_expect_eq(run.count, 1);
}

Test(fold, a_preexisting_connection_has_an_entry_only_by_tls)
{
    struct cs_event_connection event = ev_connection(1, HELLO, CS_REASON_TLS);

    event.facts.flags = CS_CONN_PREEXISTING;
    event.facts.start_ns = event.facts.established_ns = 0;
    GIVE(&run, event);
    GIVE(&run, ev_bind(1, HELLO, HELLO - MS));
    chunks(1);
    GIVE(&run, ev_handshake(1, FINISHED + US));
    cr_assert_eq(run.count, 1);
    cr_expect_eq(run.records[0].tls.start_ns, HELLO - MS);
    event.reason = CS_REASON_PAYLOAD;
    event.event.conn_id = 2;
    GIVE(&run, event);
    cr_expect_eq(run.count, 1);
}

Test(fold, a_server_is_told_again_with_the_process_that_answers)
{
    struct cs_event_connection listener = ev_connection(1, HELLO, CS_REASON_TLS);
    struct cs_event_connection worker = listener;

    worker.facts.process.tgid = 101;
    GIVE(&run, ev_name(CS_EVENT_EXECUTABLE, 101, "/usr/sbin/worker"));
    GIVE(&run, listener);
    GIVE(&run, worker);
    GIVE(&run, ev_connection(1, HELLO + MS, CS_REASON_STOPPED));
    cr_expect_eq(run.count, 0);
    chunks(1);
    GIVE(&run, worker);
    cr_assert_eq(run.count, 1);
    cr_expect_eq(run.records[0].facts.process.tgid, 101);
    cr_expect_str_eq(run.records[0].exe, "/usr/sbin/worker");
    cr_expect_eq(cs_fold_pending(run.fold), 0);
}

Test(fold, finish_writes_the_rest_as_unfinished)
{
    GIVE(&run, ev_connection(1, HELLO, CS_REASON_TLS));
    GIVE(&run, ev_chunk(1, HELLO, STEP_CLIENT_HELLO));
    cs_fold_finish(run.fold, HELLO + S);
    cr_assert_eq(run.count, 1);
    cr_expect_eq(run.records[0].outcome, CONNSPAN_UNFINISHED);
    cr_expect_eq(run.records[0].done_ns, HELLO + S);
    cr_expect_eq(run.records[0].tls.start_ns, HELLO);
    cr_expect_eq(run.records[0].tls.end_ns, 0);
    cr_expect_null(run.records[0].error_phase);
}

Test(fold, finish_does_not_undo_a_finished_handshake)
{
    GIVE(&run, ev_connection(1, HELLO, CS_REASON_TLS));
    GIVE(&run, ev_bind(1, HELLO, HELLO - MS));
    chunks(1);
    cr_expect_eq(run.count, 0);
    cs_fold_finish(run.fold, FINISHED + MS);
    cr_assert_eq(run.count, 1);
    cr_expect_eq(run.records[0].outcome, CONNSPAN_CONNECTED);
    cr_expect_eq(run.records[0].tls.end_ns, FINISHED);
}

Test(fold, a_full_table_writes_the_oldest_early_and_counts)
{
    capture_close(&run);
    capture_open(&run, 2);
    GIVE(&run, ev_connection(1, HELLO, CS_REASON_TLS));
    GIVE(&run, ev_connection(2, HELLO + MS, CS_REASON_TLS));
    cr_expect_eq(cs_fold_pending_full(run.fold), 0);
    GIVE(&run, ev_connection(3, HELLO + 2 * MS, CS_REASON_TLS));
    cr_expect_eq(cs_fold_pending_full(run.fold), 1);
    cr_assert_eq(run.count, 1);
    cr_expect_eq(run.records[0].id, 1);
    cr_expect_eq(run.records[0].outcome, CONNSPAN_UNFINISHED);
    cr_expect_eq(run.records[0].done_ns, HELLO + 2 * MS);
    chunks(1);
    cr_expect_eq(run.count, 1);
}

Test(fold, names_are_those_of_the_time_of_connect)
{
    GIVE(&run, ev_name(CS_EVENT_EXECUTABLE, 100, "/usr/bin/sh"));
    GIVE(&run, ev_name(CS_EVENT_EXECUTABLE, 100, "/usr/bin/curl"));
    GIVE(&run, ev_name(CS_EVENT_CGROUP, 7, "/user.slice"));
    GIVE(&run, ev_name(CS_EVENT_LIBRARY, 3, "/usr/lib/libssl.so.3"));
    GIVE(&run, ev_connection(1, HELLO, CS_REASON_TLS));
    GIVE(&run, ev_bind(1, HELLO, HELLO));
    GIVE(&run, ev_name(CS_EVENT_EXECUTABLE, 100, "/usr/bin/later"));
    chunks(1);
    GIVE(&run, ev_handshake(1, FINISHED));
    GIVE(&run, ev_connection(2, EV_START + S, CS_REASON_PAYLOAD));
    cr_assert_eq(run.count, 2);
    cr_expect_str_eq(run.records[0].exe, "/usr/bin/curl");
    cr_expect_str_eq(run.records[0].cgroup, "/user.slice");
    cr_expect_str_eq(run.records[0].tls.library, "/usr/lib/libssl.so.3");
    cr_expect_str_eq(run.records[1].exe, "/usr/bin/later");
    cr_expect_null(run.records[1].tls.library);
}

Test(fold, kinds_of_others_are_ignored)
{
    struct cs_event_clock clock = {.event = ev_tick(HELLO).event};
    struct cs_event_loss loss = {.event = ev_tick(HELLO).event};

    clock.event.kind = CS_EVENT_CLOCK;
    loss.event.kind = CS_EVENT_LOSS;
    GIVE(&run, clock);
    GIVE(&run, loss);
    clock.event.kind = CS_EVENT_KIND_COUNT;
    GIVE(&run, clock);
    cr_expect_eq(run.count, 0);
}
