/* SPDX-License-Identifier: MIT */
/* TLS inside TLS: an entry of the target's, told by the library; and how long one waits for it. */
#include "user/fold/inner.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/harness/capture.h"
#include "tests/harness/events.h"

#define HELLO    (EV_ESTABLISHED + MS)
#define FINISHED (EV_ESTABLISHED + 20 * MS)
#define RETURNED (EV_ESTABLISHED + 21 * MS)
#define BEGIN    (EV_ESTABLISHED + 60 * MS)
#define LEFT     (EV_ESTABLISHED + 61 * MS)
#define DONE     (EV_ESTABLISHED + 80 * MS)
#define CLOSED   (EV_ESTABLISHED + 90 * MS)

static struct capture run;

static void open_run(void)
{
    capture_open(&run, 0);
}

static void close_run(void)
{
    capture_close(&run);
}

TestSuite(inner, .init = open_run, .fini = close_run);

/* The ClientHello offers h2 and http/1.1, to a proxy http/1.1 or something like it alone. */
static union ev_chunk hello(uint64_t id, bool offers_h2)
{
    static const char both[] = "\x02h2\x08http/1.1", one[] = "\x0bhttp/1.1xyz";
    union ev_chunk chunk = ev_chunk(id, HELLO, STEP_CLIENT_HELLO);
    char *at = memmem(chunk.chunk.data, chunk.chunk.data_bytes, both, sizeof(both) - 1);

    cr_assert_not_null(at);
    if (!offers_h2)
        memcpy(at, one, sizeof(one) - 1);
    return chunk;
}

/* A whole handshake with the proxy, whose end both views saw. */
static void outer_of(uint64_t id, bool is_explicit, bool offers_h2)
{
    struct cs_event_bind bind = ev_bind(id, HELLO, HELLO - MS / 2);
    struct cs_event_handshake success = ev_handshake(id, RETURNED);

    bind.flags = is_explicit ? CS_BIND_EXPLICIT : 0;
    success.begin_ns = bind.begin_ns;
    GIVE(&run, ev_connection(id, HELLO, CS_REASON_TLS));
    GIVE(&run, bind);
    GIVE(&run, hello(id, offers_h2));
    GIVE(&run, ev_chunk(id, HELLO + MS, STEP_SERVER_HELLO));
    GIVE(&run, ev_chunk(id, HELLO + MS, STEP_SERVER_FLIGHT));
    GIVE(&run, ev_chunk(id, FINISHED, STEP_CLIENT_FINISHED));
    if (is_explicit)
        GIVE(&run, success);
}

static void outer(uint64_t id)
{
    outer_of(id, true, false);
}

static void inner_success(uint64_t id)
{
    struct cs_event_handshake success = ev_handshake(id, DONE);

    success.begin_ns = BEGIN;
    GIVE(&run, success);
}

static const struct cs_record *only(void)
{
    cr_assert_eq(run.count, 1);
    return &run.records[0];
}

static void expect_target(const struct cs_record *record)
{
    cr_assert_not_null(record->tunnel);
    cr_expect_eq(run.tunnels[0].kind, CS_TUNNEL_HTTPS);
    cr_expect_eq(record->tls.start_ns, BEGIN);
    cr_expect_str_eq(record->tls.wire.server_name, "target.test");
    cr_expect_eq(record->tls.wire.version, 0, "nobody can read it");
    cr_expect_eq(record->tls.wire.cipher, 0);
}

static void expect_proxy_itself(const struct cs_record *record)
{
    cr_expect_null(record->tunnel);
    cr_expect_null(record->proxy_server_name);
    cr_expect_eq(record->outcome, CONNSPAN_CONNECTED);
    cr_expect_eq(record->tls.wire.version, CS_TLS_1_3);
    cr_expect_eq(record->done_ns, RETURNED);
}

Test(inner, the_entry_is_the_targets)
{
    outer(1);
    cr_assert_eq(run.count, 0, "a handshake may follow inside");
    GIVE(&run, ev_inner(1, LEFT, BEGIN, "target.test"));
    inner_success(1);
    expect_target(only());
    cr_expect_eq(only()->outcome, CONNSPAN_CONNECTED);
    cr_expect_eq(only()->tls.end_ns, DONE);
    cr_expect_eq(only()->done_ns, DONE);
    cr_expect(only()->tls.start_by_uprobe && only()->tls.end_by_uprobe);
    GIVE(&run, ev_end(1, CLOSED, CS_CAUSE_DONE));
    cr_expect_eq(run.count, 1);
}

Test(inner, without_one_it_is_told_when_the_kernel_has_seen_more_than_a_consent)
{
    outer(1);
    GIVE(&run, ev_end(1, LEFT, CS_CAUSE_DONE));
    expect_proxy_itself(only());
}

Test(inner, without_one_it_is_told_when_it_is_closed)
{
    outer(1);
    GIVE(&run, ev_end(1, CLOSED, CS_CAUSE_CLOSE));
    expect_proxy_itself(only());
}

Test(inner, without_one_it_is_told_after_a_second)
{
    outer(1);
    GIVE(&run, ev_tick(RETURNED + S));
    cr_expect_eq(run.count, 0);
    GIVE(&run, ev_tick(RETURNED + S + 1));
    expect_proxy_itself(only());
}

Test(inner, one_that_begins_later_is_not_told)
{
    outer(1);
    GIVE(&run, ev_tick(RETURNED + S + 1));
    GIVE(&run, ev_inner(1, RETURNED + 2 * S, BEGIN, "target.test"));
    inner_success(1);
    expect_proxy_itself(only());
}

Test(inner, nobody_waits_for_who_speaks_http_2)
{
    outer_of(1, true, true);
    expect_proxy_itself(only());
}

Test(inner, nobody_waits_where_no_call_is_seen)
{
    outer_of(1, false, false);
    cr_expect_eq(only()->done_ns, FINISHED);
}

/* One that goes on must not keep those behind it waiting, nor be hurried by them. */
Test(inner, it_may_take_its_time)
{
    outer(1);
    outer(2);
    GIVE(&run, ev_inner(1, LEFT, BEGIN, "target.test"));
    GIVE(&run, ev_tick(RETURNED + 5 * S));
    expect_proxy_itself(only());
    cr_expect_eq(only()->id, 2);
    inner_success(1);
    cr_expect_eq(run.count, 2);
    cr_expect_eq(run.tunnels[1].kind, CS_TUNNEL_HTTPS);
}

Test(inner, it_was_none_after_all)
{
    outer(1);
    GIVE(&run, ev_inner(1, LEFT, BEGIN, "target.test"));
    GIVE(&run, ev_inner(1, LEFT + MS, 0, ""));
    GIVE(&run, ev_end(1, CLOSED, CS_CAUSE_DONE));
    expect_proxy_itself(only());
}

Test(inner, a_close_breaks_it_and_the_library_knows_why)
{
    outer(1);
    GIVE(&run, ev_inner(1, LEFT, BEGIN, "target.test"));
    GIVE(&run, ev_tls_error(1, DONE, 134));
    GIVE(&run, ev_end(1, CLOSED, CS_CAUSE_CLOSE));
    expect_target(only());
    cr_expect_eq(only()->outcome, CONNSPAN_ABORTED);
    cr_expect_str_eq(only()->error_phase, "tls");
    cr_expect_str_eq(only()->error_code, "closed");
    cr_expect_str_eq(run.texts[0][CAPTURE_DETAIL], "library: certificate verify failed");
}

Test(inner, an_error_of_the_outer_one_says_nothing_of_it)
{
    GIVE(&run, ev_connection(1, HELLO, CS_REASON_TLS));
    GIVE(&run, ev_tls_error(1, HELLO, 134));
    outer(1);
    GIVE(&run, ev_inner(1, LEFT, BEGIN, "target.test"));
    GIVE(&run, ev_end(1, CLOSED, CS_CAUSE_PEER));
    expect_target(only());
    cr_expect_str_eq(only()->error_code, "eof");
    cr_expect_null(only()->error_detail);
}

Test(inner, an_end_that_nobody_tells_is_unknown)
{
    outer(1);
    GIVE(&run, ev_inner(1, LEFT, BEGIN, "target.test"));
    GIVE(&run, ev_end(1, CLOSED, CS_CAUSE_LIMIT));
    expect_target(only());
    cr_expect_eq(only()->outcome, CONNSPAN_CONNECTED);
    cr_expect_eq(only()->tls.end_ns, 0);
    cr_expect(only()->capture_limit);
}

Test(inner, unfinished_when_the_tracer_stops)
{
    outer(1);
    GIVE(&run, ev_inner(1, LEFT, BEGIN, "target.test"));
    cs_fold_finish(run.fold, DONE);
    expect_target(only());
    cr_expect_eq(only()->outcome, CONNSPAN_UNFINISHED);
    cr_expect_eq(only()->done_ns, DONE);
}
