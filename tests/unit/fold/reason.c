/* SPDX-License-Identifier: MIT */
/* What the library says of a failure, and that it never makes one. */
#include "user/fold/reason.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "tests/harness/capture.h"
#include "tests/harness/events.h"

#define HELLO  (EV_START + 31 * MS)
#define ANSWER (EV_START + 40 * MS)
#define ALERT  (EV_START + 50 * MS)

#define SECRET_ALERT "\x17\x03\x03\x00\x13..................."

enum { NO_SHARED_CIPHER = 193, VERIFY_FAILED = 134, SHUTDOWN_IN_INIT = 407, UNKNOWN_CA = 1048 };

static struct capture run;

static void open_run(void)
{
    capture_open(&run, 0);
}

static void close_run(void)
{
    capture_close(&run);
}

TestSuite(reason, .init = open_run, .fini = close_run);

static void hellos(enum cs_role role)
{
    struct cs_event_connection event = ev_connection(1, HELLO, CS_REASON_TLS);

    event.facts.role = role;
    GIVE(&run, event);
    GIVE(&run, ev_bind(1, HELLO, HELLO - MS));
    GIVE(&run, ev_chunk(1, HELLO, STEP_CLIENT_HELLO));
    GIVE(&run, ev_chunk(1, ANSWER, STEP_SERVER_HELLO));
    GIVE(&run, ev_chunk(1, ANSWER, STEP_SERVER_FLIGHT));
}

static void secret_alert_of_client(void)
{
    const uint32_t next = (uint32_t)handshake_bytes(STEP_CLIENT_HELLO).length;

    GIVE(&run, ev_bytes(1, ALERT, EV_CLIENT_BYTES("\x14\x03\x03\x00\x01\x01" SECRET_ALERT, next)));
}

static void expect_told(const char *code, const char *detail)
{
    cr_assert_eq(run.count, 1);
    cr_expect_str_eq(run.records[0].error_code, code);
    if (detail)
        cr_expect_str_eq(run.records[0].error_detail, detail);
    else
        cr_expect_null(run.records[0].error_detail);
}

Test(reason, names_an_alert_of_the_peer_once_it_was_read)
{
    hellos(CS_ROLE_SERVER);
    secret_alert_of_client();
    cr_expect_eq(run.count, 0);
    GIVE(&run, ev_end(1, ALERT + US, CS_CAUSE_PEER));
    cr_expect_eq(run.count, 0);
    GIVE(&run, ev_tls_error(1, ALERT + MS, UNKNOWN_CA));
    expect_told("unknown_ca", "sent by the client");
    cr_expect_eq(run.records[0].failed_ns, ALERT);
}

Test(reason, is_not_waited_for_after_a_close)
{
    hellos(CS_ROLE_SERVER);
    secret_alert_of_client();
    GIVE(&run, ev_end(1, ALERT + MS, CS_CAUSE_CLOSE));
    expect_told("encrypted_alert", "sent by the client");
}

Test(reason, is_not_waited_for_longer_than_a_second)
{
    hellos(CS_ROLE_SERVER);
    secret_alert_of_client();
    GIVE(&run, ev_tick(ALERT + S));
    cr_expect_eq(run.count, 0);
    GIVE(&run, ev_tick(ALERT + S + 1));
    expect_told("encrypted_alert", "sent by the client");
}

Test(reason, of_an_alert_of_our_own_came_before_it)
{
    hellos(CS_ROLE_CLIENT);
    GIVE(&run, ev_tls_error(1, ALERT - US, VERIFY_FAILED));
    secret_alert_of_client();
    expect_told("encrypted_alert", "sent by the client; library: certificate verify failed");
}

Test(reason, leaves_an_alert_in_clear_its_name)
{
    GIVE(&run, ev_connection(1, HELLO, CS_REASON_TLS));
    GIVE(&run, ev_bind(1, HELLO, HELLO - MS));
    GIVE(&run, ev_chunk(1, HELLO, STEP_CLIENT_HELLO));
    GIVE(&run, ev_tls_error(1, ANSWER - US, UNKNOWN_CA));
    GIVE(&run, ev_chunk(1, ANSWER, STEP_ALERT));
    expect_told("handshake_failure", "sent by the server");
}

Test(reason, is_the_last_one_that_says_something)
{
    hellos(CS_ROLE_CLIENT);
    GIVE(&run, ev_tls_error(1, ALERT, NO_SHARED_CIPHER));
    GIVE(&run, ev_tls_error(1, ALERT, VERIFY_FAILED));
    GIVE(&run, ev_tls_error(1, ALERT, SHUTDOWN_IN_INIT));
    GIVE(&run, ev_end(1, ALERT, CS_CAUSE_PEER));
    expect_told("eof", "library: certificate verify failed");
}

Test(reason, of_a_number_that_is_not_listed)
{
    hellos(CS_ROLE_CLIENT);
    GIVE(&run, ev_tls_error(1, ALERT, 999));
    GIVE(&run, ev_end(1, ALERT, CS_CAUSE_CLOSE));
    expect_told("closed", "library: unlisted reason");
    cr_expect_eq(run.records[0].outcome, CONNSPAN_ABORTED);
}

Test(reason, of_a_number_that_no_alert_has)
{
    hellos(CS_ROLE_CLIENT);
    GIVE(&run, ev_tls_error(1, ALERT, UINT32_MAX));
    GIVE(&run, ev_end(1, ALERT, CS_CAUSE_CLOSE));
    expect_told("closed", "library: unlisted reason");
}

Test(reason, does_not_hide_a_signal)
{
    struct cs_event_end end = ev_end(1, ALERT, CS_CAUSE_SIGNAL);

    end.signal = SIGKILL;
    hellos(CS_ROLE_CLIENT);
    GIVE(&run, ev_tls_error(1, ALERT - US, UNKNOWN_CA));
    GIVE(&run, end);
    expect_told("signal", "SIGKILL");
}

Test(reason, makes_no_failure)
{
    hellos(CS_ROLE_CLIENT);
    GIVE(&run, ev_tls_error(1, ANSWER, VERIFY_FAILED));
    GIVE(&run, ev_chunk(1, ALERT, STEP_CLIENT_FINISHED));
    GIVE(&run, ev_handshake(1, ALERT + US));
    cr_assert_eq(run.count, 1);
    cr_expect_eq(run.records[0].outcome, CONNSPAN_CONNECTED);
    cr_expect_null(run.records[0].error_code);
}

Test(reason, makes_no_connection)
{
    GIVE(&run, ev_tls_error(1, ANSWER, VERIFY_FAILED));
    cr_expect_eq(cs_fold_pending(run.fold), 0);
}
