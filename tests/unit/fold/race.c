/* SPDX-License-Identifier: MIT */
/* Races of addresses: who lost, when it began, how long a record waits to know. */
#include "user/fold/race.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "tests/harness/capture.h"
#include "tests/harness/dns_build.h"

#define ANSWERED (EV_START - 10 * MS)

static struct capture run;

static void open_run(void)
{
    struct dns_bytes both = dns_address(1, CS_DNS_A, "race.example", "192.0.2.1");

    capture_open(&run, 0);
    dns_add_address(&both, "race.example", "192.0.2.2");
    GIVE(&run, ev_query(ANSWERED - MS, dns_query(1, CS_DNS_A, "race.example")));
    GIVE(&run, ev_answer(ANSWERED, both));
}

static void close_run(void)
{
    capture_close(&run);
}

TestSuite(race, .init = open_run, .fini = close_run);

/* To 192.0.2.`host`, called `ns` after EV_START. */
static struct cs_event_connection attempt(uint8_t host, uint64_t ns)
{
    struct cs_event_connection event = ev_connection(host, 0, CS_REASON_PAYLOAD);

    event.facts.remote_address[3] = host;
    event.facts.start_ns += ns;
    event.facts.syn_sent_ns += ns;
    event.facts.established_ns += ns;
    event.event.ts_ns = event.facts.established_ns + MS;
    return event;
}

/* Closed `after_ns` after its start; never established. */
static struct cs_event_connection loser(uint8_t host, uint64_t ns, uint64_t after_ns)
{
    struct cs_event_connection event = attempt(host, ns);

    event.facts.established_ns = 0;
    event.event.ts_ns = event.facts.start_ns + after_ns;
    event.reason = CS_REASON_FAILED;
    event.cause = CS_CAUSE_CLOSE;
    return event;
}

static const struct cs_record *told(uint64_t id)
{
    for (size_t i = 0; i < run.count; i++) {
        if (run.records[i].id == id)
            return &run.records[i];
    }
    return NULL;
}

static void expect_outcome(uint64_t id, enum connspan_outcome outcome)
{
    cr_assert_not_null(told(id), "%d is told", (int)id);
    cr_expect_eq(told(id)->outcome, outcome, "%d", (int)id);
}

Test(race, a_loser_waits_for_the_winner)
{
    GIVE(&run, loser(1, 0, 221 * MS));
    cr_expect_eq(run.count, 0);
    cr_expect_eq(cs_fold_pending(run.fold), 1);
    GIVE(&run, attempt(2, 200 * MS));
    GIVE(&run, ev_tick(EV_START + 222 * MS));
    expect_outcome(1, CONNSPAN_ABANDONED);
    cr_expect_null(told(1)->error_phase);
    cr_expect_eq(told(1)->failed_ns, EV_START + 221 * MS);
    cr_expect_eq(told(1)->race_start_ns, 0);
    cr_expect_str_eq(run.texts[told(1) - run.records][CAPTURE_LOOKUP], "race.example");
    expect_outcome(2, CONNSPAN_CONNECTED);
    cr_expect_eq(told(2)->race_start_ns, EV_START);
    cr_expect_eq(told(2)->facts.start_ns, EV_START + 200 * MS);
    cr_expect_eq(told(2)->lookup.end_ns, ANSWERED);
}

Test(race, a_late_winner_waits_for_the_loser)
{
    GIVE(&run, attempt(2, 200 * MS));
    cr_expect_eq(run.count, 0);
    GIVE(&run, loser(1, 0, 300 * MS));
    GIVE(&run, ev_tick(EV_START + 301 * MS));
    expect_outcome(1, CONNSPAN_ABANDONED);
    expect_outcome(2, CONNSPAN_CONNECTED);
    cr_expect_eq(told(2)->race_start_ns, EV_START);
}

Test(race, nobody_waits_for_long)
{
    struct cs_event_connection alone = loser(1, 0, 300 * MS);

    GIVE(&run, alone);
    GIVE(&run, ev_tick(alone.event.ts_ns + 2500 * MS));
    cr_expect_eq(run.count, 0, "a winner that is silent is told after two seconds");
    GIVE(&run, ev_tick(alone.event.ts_ns + 2500 * MS + 1));
    expect_outcome(1, CONNSPAN_ABORTED);
    cr_expect_str_eq(told(1)->error_code, "closed");
    cr_expect_eq(cs_fold_pending(run.fold), 0);
}

Test(race, the_end_waits_for_nobody)
{
    GIVE(&run, attempt(2, 200 * MS));
    cs_fold_finish(run.fold, EV_START + 222 * MS);
    expect_outcome(2, CONNSPAN_CONNECTED);
    cr_expect_eq(told(2)->race_start_ns, 0);
}

Test(race, established_and_closed_before_any_byte)
{
    struct cs_event_connection second = attempt(2, 10 * MS);

    second.reason = CS_REASON_CLOSED;
    second.cause = CS_CAUSE_CLOSE;
    GIVE(&run, attempt(1, 0));
    GIVE(&run, second);
    expect_outcome(1, CONNSPAN_CONNECTED);
    cr_expect_eq(told(1)->race_start_ns, 0, "it began the race");
    expect_outcome(2, CONNSPAN_ABANDONED);
}

static struct cs_event_connection check(uint8_t host, uint64_t ns)
{
    struct cs_event_connection event = attempt(host, ns);

    event.reason = CS_REASON_CLOSED;
    event.cause = CS_CAUSE_CLOSE;
    return event;
}

Test(race, a_winner_that_is_closed_at_once_has_won)
{
    struct cs_event_connection again = check(2, 540 * MS);

    again.event.conn_id = 3;
    GIVE(&run, loser(1, 0, 500 * MS));
    GIVE(&run, check(2, 501 * MS));
    GIVE(&run, again);
    GIVE(&run, ev_tick(EV_START + 4 * S));
    expect_outcome(1, CONNSPAN_ABANDONED);
    cr_expect_null(told(1)->error_phase);
    cr_expect_eq(told(2)->race_start_ns, EV_START);
    cr_expect_neq(told(2)->outcome, CONNSPAN_ABANDONED);
    cr_expect_eq(told(3)->race_start_ns, 0, "the race was decided");
}

Test(race, of_two_that_are_established_and_closed_none_has_lost)
{
    GIVE(&run, check(1, 0));
    GIVE(&run, check(2, 0));
    GIVE(&run, ev_tick(EV_START + 4 * S));
    cr_expect_neq(told(1)->outcome, CONNSPAN_ABANDONED);
    cr_expect_neq(told(2)->outcome, CONNSPAN_ABANDONED);
}

Test(race, one_closed_just_before_the_next)
{
    GIVE(&run, loser(1, 0, 250 * MS));
    GIVE(&run, attempt(2, 251 * MS));
    GIVE(&run, ev_tick(EV_START + 300 * MS));
    expect_outcome(1, CONNSPAN_ABANDONED);
    cr_expect_eq(told(2)->race_start_ns, EV_START);
}

Test(race, no_race_without_overlap)
{
    GIVE(&run, loser(1, 0, 100 * MS));
    GIVE(&run, attempt(2, 300 * MS));
    GIVE(&run, ev_tick(EV_START + 3 * S));
    expect_outcome(1, CONNSPAN_ABORTED);
    cr_expect_eq(told(2)->race_start_ns, 0);
}

Test(race, a_connection_after_the_winner_runs_in_none)
{
    struct cs_event_connection first = ev_failure(1, EV_START + MS, CS_CAUSE_KERNEL, ECONNREFUSED);
    struct cs_event_connection third;

    GIVE(&run, first);
    GIVE(&run, attempt(2, 2 * MS));
    third = attempt(2, 30 * MS);
    third.event.conn_id = 3;
    GIVE(&run, third);
    GIVE(&run, ev_tick(EV_START + 3 * S));
    cr_expect_eq(told(2)->race_start_ns, EV_START);
    cr_assert_not_null(told(3));
    cr_expect_eq(told(3)->race_start_ns, 0);
}

Test(race, no_race_for_another_port)
{
    struct cs_event_connection other = attempt(2, 10 * MS);

    other.facts.remote_port++;
    GIVE(&run, other);
    GIVE(&run, loser(1, 0, 50 * MS));
    GIVE(&run, ev_tick(EV_START + 3 * S));
    expect_outcome(1, CONNSPAN_ABORTED);
}

Test(race, what_was_refused_has_failed)
{
    struct cs_event_connection refused = loser(1, 0, MS);

    refused.cause = CS_CAUSE_KERNEL;
    refused.error = 111;
    GIVE(&run, refused);
    GIVE(&run, attempt(2, 2 * MS));
    expect_outcome(1, CONNSPAN_FAILED);
    expect_outcome(2, CONNSPAN_CONNECTED);
    cr_expect_eq(told(2)->race_start_ns, EV_START, "curl's clock runs since then");
}

Test(race, a_first_attempt_does_not_wait)
{
    GIVE(&run, attempt(1, 0));
    expect_outcome(1, CONNSPAN_CONNECTED);
}

Test(race, those_who_find_no_room_to_wait_are_counted)
{
    for (unsigned i = 0; i < 257; i++) {
        struct cs_event_connection event = loser(1, 0, 20 * MS);

        event.event.conn_id = i + 1;
        event.facts.start_ns += i;
        GIVE(&run, event);
    }
    cr_expect_eq(run.count, 1);
    cr_expect_eq(cs_fold_pending_full(run.fold), 1);
    run.count = 0;
}
