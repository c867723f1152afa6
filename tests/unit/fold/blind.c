/* SPDX-License-Identifier: MIT */
/* A TLS connection of which no packet is seen: what the uprobes alone tell a fold. */
#include "user/fold/tls.h"

#include <criterion/criterion.h>

#include "tests/harness/capture.h"
#include "tests/harness/events.h"

#define BEGIN    (EV_START + 30 * MS)
#define CLOSED   (EV_START + 40 * MS)
#define RETURNED (EV_START + 50 * MS)

static struct capture run;

static void open_run(void)
{
    capture_open(&run, 0);
}

static void close_run(void)
{
    capture_close(&run);
}

TestSuite(blind, .init = open_run, .fini = close_run);

/* The facts, the name, the bind by descriptor: in the order in which the kernel tells them. */
static void blind_hello(const char *name)
{
    struct cs_event_connection connection = ev_connection(1, BEGIN, CS_REASON_TLS);
    struct cs_event_bind bind = ev_bind(1, BEGIN, BEGIN);

    connection.facts.flags |= CS_CONN_NO_WIRE;
    bind.bound_by = CS_BOUND_FD;
    GIVE(&run, connection);
    GIVE(&run, ev_server_name(1, BEGIN, name));
    GIVE(&run, bind);
    cr_assert_eq(run.count, 0);
}

static const struct cs_tls_record *connected(uint64_t end_ns)
{
    cr_assert_eq(run.count, 1);
    cr_expect_eq(run.records[0].outcome, CONNSPAN_CONNECTED);
    cr_expect_eq(run.records[0].tls.start_ns, BEGIN);
    cr_expect_eq(run.records[0].tls.end_ns, end_ns);
    return &run.records[0].tls;
}

Test(blind, the_library_tells_both_marks)
{
    const struct cs_tls_record *tls;

    blind_hello("shop.example");
    GIVE(&run, ev_handshake(1, RETURNED));
    tls = connected(RETURNED);
    cr_expect(tls->start_by_uprobe && tls->end_by_uprobe);
    cr_expect_eq(tls->bound_by, CS_BOUND_FD);
    cr_expect_eq(tls->wire.version, 0);
    cr_expect_str_eq(tls->wire.server_name, "shop.example");
}

Test(blind, a_close_breaks_it)
{
    blind_hello("shop.example");
    GIVE(&run, ev_end(1, CLOSED, CS_CAUSE_CLOSE));
    cr_assert_eq(run.count, 1);
    cr_expect_eq(run.records[0].outcome, CONNSPAN_ABORTED);
    cr_expect_str_eq(run.records[0].error_phase, "tls");
    cr_expect_str_eq(run.records[0].error_code, "closed");
}

Test(blind, an_end_that_nobody_tells_is_unknown)
{
    blind_hello("shop.example");
    GIVE(&run, ev_end(1, CLOSED, CS_CAUSE_LIMIT));
    connected(0);
    cr_expect(run.records[0].capture_limit);
}

Test(blind, a_name_that_nobody_can_read_is_none)
{
    blind_hello("a\nb");
    GIVE(&run, ev_handshake(1, RETURNED));
    cr_expect_str_eq(connected(RETURNED)->wire.server_name, "");
}

Test(blind, a_name_without_its_connection_is_harmless)
{
    GIVE(&run, ev_server_name(2, BEGIN, "shop.example"));
    GIVE(&run, ev_server_name(2, BEGIN, "shop.example"));
    GIVE(&run, ev_tick(BEGIN + 60 * S));
    cr_expect_eq(run.count, 0);
}
