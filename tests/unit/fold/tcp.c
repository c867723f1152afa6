/* SPDX-License-Identifier: MIT */
/* Plain connections: one event, one record, nothing kept. */
#include "user/fold/tcp.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>

#include "tests/harness/events.h"

static struct cs_record told(struct cs_event_connection event)
{
    struct cs_record record = {0};

    cs_tcp_tell(&event, &record);
    return record;
}

Test(tcp, payload_silence_and_a_late_close_mean_connected)
{
    const enum cs_reason reasons[] = {CS_REASON_PAYLOAD, CS_REASON_SILENT, CS_REASON_CLOSED};

    for (int i = 0; i < 3; i++) {
        struct cs_record record = told(ev_connection(1, EV_START + S, reasons[i]));

        cr_expect_eq(record.outcome, CONNSPAN_CONNECTED, "reason %d", reasons[i]);
        cr_expect_eq(record.done_ns, EV_START + S);
        cr_expect_eq(record.failed_ns, 0);
        cr_expect_null(record.error_phase);
        cr_expect_null(record.error_code);
    }
}

Test(tcp, a_reset_after_established_is_no_failed_connect)
{
    struct cs_event_connection event = ev_connection(1, EV_START + S, CS_REASON_CLOSED);

    event.cause = CS_CAUSE_KERNEL;
    event.error = ECONNRESET;
    cr_expect_eq(told(event).outcome, CONNSPAN_CONNECTED);
}

Test(tcp, the_kernel_refuses)
{
    struct cs_record record = told(ev_failure(1, EV_START + MS, CS_CAUSE_KERNEL, ECONNREFUSED));

    cr_expect_eq(record.outcome, CONNSPAN_FAILED);
    cr_expect_str_eq(record.error_phase, "tcp");
    cr_expect_str_eq(record.error_code, "ECONNREFUSED");
    cr_expect_null(record.error_detail);
    cr_expect_eq(record.failed_ns, EV_START + MS);
    cr_expect_eq(record.done_ns, EV_START + MS);
}

Test(tcp, closed_by_the_program_before_established)
{
    struct cs_event_connection event = ev_connection(1, EV_START + MS, CS_REASON_CLOSED);

    event.facts.established_ns = 0;
    event.cause = CS_CAUSE_CLOSE;
    cr_expect_eq(told(event).outcome, CONNSPAN_ABORTED);
    cr_expect_str_eq(told(event).error_code, "closed");
}

Test(tcp, killed_while_connecting)
{
    struct cs_event_connection event = ev_failure(1, EV_START + MS, CS_CAUSE_SIGNAL, 0);

    event.signal = SIGKILL;
    cr_expect_eq(told(event).outcome, CONNSPAN_ABORTED);
    cr_expect_str_eq(told(event).error_code, "signal");
    cr_expect_str_eq(told(event).error_detail, "SIGKILL");
}

Test(tcp, no_syn_and_no_errno)
{
    struct cs_event_connection event = ev_failure(1, EV_START, CS_CAUSE_KERNEL, 0);

    event.facts.flags = CS_CONN_NO_SYN;
    cr_expect_eq(told(event).outcome, CONNSPAN_FAILED);
    cr_expect_str_eq(told(event).error_code, "unknown");
    cr_expect_str_eq(told(event).error_detail, "failed before SYN_SENT");
}

Test(tcp, no_syn_with_an_errno_needs_no_excuse)
{
    struct cs_event_connection event = ev_failure(1, EV_START, CS_CAUSE_KERNEL, ENETUNREACH);

    event.facts.flags = CS_CONN_NO_SYN;
    cr_expect_str_eq(told(event).error_code, "ENETUNREACH");
    cr_expect_null(told(event).error_detail);
}

Test(tcp, stopped_is_unfinished)
{
    struct cs_event_connection event = ev_connection(1, EV_START + MS, CS_REASON_STOPPED);

    event.facts.established_ns = 0;
    cr_expect_eq(told(event).outcome, CONNSPAN_UNFINISHED);
    cr_expect_eq(told(event).done_ns, EV_START + MS);
    cr_expect_eq(told(event).failed_ns, 0);
    cr_expect_null(told(event).error_phase);
}

Test(tcp, no_news_of_connections_known_or_older_than_the_tracer)
{
    struct cs_event_connection event = ev_connection(1, EV_START, CS_REASON_PAYLOAD);

    cr_expect(cs_tcp_is_news(&event));
    event.facts.flags = CS_CONN_TOLD;
    cr_expect_not(cs_tcp_is_news(&event));
    event.facts.flags = CS_CONN_PREEXISTING;
    cr_expect_not(cs_tcp_is_news(&event));
    event.facts.flags = CS_CONN_TFO | CS_CONN_MPTCP | CS_CONN_NO_SYN;
    cr_expect(cs_tcp_is_news(&event));
}
