/* SPDX-License-Identifier: MIT */
/* Several lookups were answered by the peer's address: which one the connection was made by. */
#include "user/fold/nearest.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/harness/capture.h"
#include "tests/harness/dns_build.h"

enum { FIRST_THREAD = 101, SECOND_THREAD, THIRD_THREAD }; /* ev_facts() has the first */

#define ASKED(number) (EV_START - (30 - (number)*10) * MS)
#define LOOKUP_NS     (5 * MS)

static struct capture run;

static void open_run(void)
{
    capture_open(&run, 0);
}

static void close_run(void)
{
    capture_close(&run);
}

TestSuite(nearest, .init = open_run, .fini = close_run);

static void look_up(uint64_t asked_ns, uint32_t tid, const char *name)
{
    union ev_dns query = ev_query(asked_ns, dns_query(1, CS_DNS_A, name));

    query.dns.process.tid = tid;
    GIVE(&run, query);
    GIVE(&run, ev_answer(asked_ns + LOOKUP_NS, dns_address(1, CS_DNS_A, name, "192.0.2.1")));
}

static struct cs_event_connection by(uint32_t tid, uint64_t after_ns)
{
    struct cs_event_connection event =
        ev_connection(run.count + 1, EV_START + after_ns + S, CS_REASON_PAYLOAD);

    event.facts.process.tid = tid;
    event.facts.start_ns += after_ns;
    event.facts.syn_sent_ns += after_ns;
    event.facts.established_ns += after_ns;
    return event;
}

/* The newest record is by a lookup of that name, asked then; 0: its marks are not its own. */
static void expect_told(const char *name, uint64_t asked_ns)
{
    const struct cs_lookup_record *lookup = &run.records[run.count - 1].lookup;

    cr_assert_str_eq(lookup->name, name);
    cr_expect_eq(lookup->start_ns, asked_ns, "%s", name);
    cr_expect_eq(lookup->end_ns, asked_ns ? asked_ns + LOOKUP_NS : 0, "%s", name);
}

static void connects(uint32_t tid, uint64_t after_ns, const char *name, uint64_t asked_ns)
{
    GIVE(&run, by(tid, after_ns));
    expect_told(name, asked_ns);
}

Test(nearest, each_thread_has_its_own)
{
    look_up(ASKED(0), FIRST_THREAD, "one.example");
    look_up(ASKED(1), SECOND_THREAD, "two.example");
    connects(FIRST_THREAD, 0, "one.example", ASKED(0));
    connects(SECOND_THREAD, MS, "two.example", ASKED(1));
}

Test(nearest, one_address_has_many_names)
{
    enum { NAMES = 16 };
    char name[32];

    for (uint32_t i = 0; i < NAMES; i++) {
        snprintf(name, sizeof(name), "x%u.example", i);
        look_up(ASKED(0) + i * US, FIRST_THREAD + i, name);
    }
    for (uint32_t i = 0; i < NAMES; i++) {
        snprintf(name, sizeof(name), "x%u.example", i);
        connects(FIRST_THREAD + i, i * US, name, ASKED(0) + i * US);
    }
}

static void call(uint64_t asked_ns, uint32_t tid, const char *name)
{
    struct cs_event_lookup call = ev_lookup(asked_ns, asked_ns + LOOKUP_NS, name, "192.0.2.1", 0);

    call.process.tid = tid;
    GIVE(&run, call);
}

Test(nearest, a_thread_that_connects_again_takes_no_other_s)
{
    call(ASKED(0), FIRST_THREAD, "one.example");
    call(ASKED(1), SECOND_THREAD, "two.example");
    connects(FIRST_THREAD, 0, "one.example", ASKED(0));
    connects(FIRST_THREAD, MS, "one.example", 0);
    connects(SECOND_THREAD, 2 * MS, "two.example", ASKED(1));
}

/* Go: whoever asks goes on in any thread. */
Test(nearest, who_asked_by_queries_connects_by_another_thread)
{
    look_up(ASKED(0), FIRST_THREAD, "one.example");
    connects(FIRST_THREAD, 0, "one.example", ASKED(0));
    look_up(ASKED(4), SECOND_THREAD, "two.example");
    connects(FIRST_THREAD, 30 * MS, "two.example", ASKED(4));
    look_up(ASKED(7), SECOND_THREAD, "two.example");
    connects(FIRST_THREAD, 60 * MS, "two.example", ASKED(7));
}

/* node, asyncio: threads of a pool look up, another one connects. */
Test(nearest, what_a_pool_looks_up_is_used_in_turn)
{
    call(ASKED(0), SECOND_THREAD, "one.example");
    call(ASKED(1), THIRD_THREAD, "two.example");
    connects(FIRST_THREAD, 0, "one.example", ASKED(0));
    connects(FIRST_THREAD, MS, "two.example", ASKED(1));
}

Test(nearest, but_not_what_was_left_for_a_while)
{
    call(ASKED(0), SECOND_THREAD, "one.example");
    call(ASKED(7), THIRD_THREAD, "two.example");
    connects(FIRST_THREAD, 50 * MS, "two.example", ASKED(7));
}

/* Of c-ares, too, if its thread asked for both at once. */
Test(nearest, what_one_thread_asks_for_at_once_is_used_in_turn)
{
    union ev_dns queries[] = {ev_query(ASKED(1), dns_query(1, CS_DNS_A, "one.example")),
                              ev_query(ASKED(1) + MS, dns_query(2, CS_DNS_A, "two.example"))};

    GIVE(&run, queries[0]);
    GIVE(&run, queries[1]);
    GIVE(&run,
         ev_answer(ASKED(1) + LOOKUP_NS, dns_address(1, CS_DNS_A, "one.example", "192.0.2.1")));
    GIVE(&run, ev_answer(ASKED(1) + MS + LOOKUP_NS,
                         dns_address(2, CS_DNS_A, "two.example", "192.0.2.1")));
    connects(FIRST_THREAD, 0, "one.example", ASKED(1));
    connects(FIRST_THREAD, MS, "two.example", ASKED(1) + MS);
}

/* The call goes on: it waits for AAAA. */
Test(nearest, a_query_of_a_call_led_to_no_connection_yet)
{
    union ev_dns query = ev_query(ASKED(2) - MS, dns_query(1, CS_DNS_A, "two.example"));

    call(ASKED(1), SECOND_THREAD, "one.example");
    query.dns.process.tid = THIRD_THREAD;
    query.dns.flags |= CS_DNS_IN_CALL;
    GIVE(&run, query);
    GIVE(&run, ev_answer(ASKED(2), dns_address(1, CS_DNS_A, "two.example", "192.0.2.1")));
    connects(FIRST_THREAD, 0, "one.example", ASKED(1));
    connects(FIRST_THREAD, 10 * MS, "one.example", 0);
}

Test(nearest, of_one_thread_the_one_that_led_to_none_yet)
{
    look_up(ASKED(0), FIRST_THREAD, "one.example");
    look_up(ASKED(1), FIRST_THREAD, "two.example");
    connects(FIRST_THREAD, 0, "two.example", ASKED(1));
    connects(FIRST_THREAD, MS, "one.example", ASKED(0));
    connects(FIRST_THREAD, 2 * MS, "two.example", 0);
}

/* The record of who connects first may come last. */
Test(nearest, each_has_one_whichever_is_told_first)
{
    look_up(ASKED(0), FIRST_THREAD, "one.example");
    look_up(ASKED(1), FIRST_THREAD, "two.example");
    connects(FIRST_THREAD, MS, "two.example", ASKED(1));
    connects(FIRST_THREAD, 0, "one.example", ASKED(0));
}

/* curl's and node's threads look up for the one that connects; it did so itself a while ago. */
Test(nearest, an_old_one_of_the_thread_is_not_nearer_than_what_others_just_looked_up)
{
    look_up(ASKED(0), FIRST_THREAD, "old.example");
    look_up(ASKED(1) + 61 * S, SECOND_THREAD, "new.example");
    connects(FIRST_THREAD, 61 * S, "new.example", ASKED(1) + 61 * S);
    connects(FIRST_THREAD, 130 * S, "old.example", 0);
}

Test(nearest, one_that_led_nowhere_for_a_minute_never_will)
{
    look_up(ASKED(0), FIRST_THREAD, "old.example");
    look_up(ASKED(1) + 61 * S, FIRST_THREAD, "new.example");
    connects(FIRST_THREAD, 61 * S, "new.example", ASKED(1) + 61 * S);
    connects(FIRST_THREAD, 62 * S, "new.example", 0);
}

static void secure(struct cs_event_connection event)
{
    uint64_t id = event.event.conn_id, at_ns = event.facts.established_ns + MS;

    GIVE(&run, ev_chunk(id, at_ns, STEP_SERVER_HELLO));
    GIVE(&run, ev_chunk(id, at_ns + MS, STEP_SERVER_FLIGHT));
    GIVE(&run, ev_chunk(id, at_ns + 2 * MS, STEP_CLIENT_FINISHED));
    GIVE(&run, ev_tick(at_ns + 10 * S));
    cr_assert_str_eq(run.records[run.count - 1].tls.wire.server_name, "example.com");
}

static struct cs_event_connection hello(uint64_t id, uint64_t after_ns)
{
    struct cs_event_connection event = by(FIRST_THREAD, after_ns);

    event.event.conn_id = id;
    event.event.ts_ns = event.facts.established_ns;
    event.reason = CS_REASON_TLS;
    GIVE(&run, event);
    GIVE(&run, ev_chunk(id, event.event.ts_ns, STEP_CLIENT_HELLO));
    return event;
}

/* The hello names example.com. Who began by then with its lookup is the first of the other's. */
Test(nearest, the_name_that_a_handshake_says)
{
    struct cs_event_connection event;

    look_up(ASKED(0), FIRST_THREAD, "example.com");
    look_up(ASKED(1), FIRST_THREAD, "www.example");
    event = hello(1, 0);
    secure(event);
    expect_told("example.com", ASKED(0));
    connects(FIRST_THREAD, 20 * S, "www.example", ASKED(1));
    secure(hello(9, 30 * S));
    expect_told("example.com", 0);
}

Test(nearest, a_name_that_nobody_looked_up_says_nothing)
{
    look_up(ASKED(1), FIRST_THREAD, "www.example");
    secure(hello(1, 0));
    expect_told("www.example", ASKED(1));
}

/* A to 192.0.2.1, AAAA to 2001:db8::1, by a socket each as Go does. */
static void look_both_up(uint64_t asked_ns, uint32_t tid, uint64_t sockets)
{
    const char *name = "race.example";
    union ev_dns events[] = {
        ev_query(asked_ns, dns_query(1, CS_DNS_A, name)),
        ev_query(asked_ns, dns_query(2, CS_DNS_AAAA, name)),
        ev_answer(asked_ns + LOOKUP_NS, dns_address(1, CS_DNS_A, name, "192.0.2.1")),
        ev_answer(asked_ns + LOOKUP_NS, dns_address(2, CS_DNS_AAAA, name, "2001:db8::1")),
    };

    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        events[i].dns.process.tid = tid;
        events[i].dns.socket += i % sockets;
        GIVE(&run, events[i]);
    }
}

/* To 2001:db8::1, where nobody answers; given up `for_ns` after its start. */
static struct cs_event_connection loser(uint32_t tid, uint64_t after_ns, uint64_t for_ns)
{
    static const uint8_t address[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
    struct cs_event_connection event = by(tid, after_ns);

    event.facts.family = AF_INET6;
    memcpy(event.facts.remote_address, address, sizeof(address));
    event.facts.established_ns = 0;
    event.event.ts_ns = event.facts.start_ns + for_ns;
    event.event.conn_id = event.facts.start_ns;
    event.reason = CS_REASON_FAILED;
    event.cause = CS_CAUSE_CLOSE;
    return event;
}

static struct cs_event_connection winner(uint32_t tid, uint64_t after_ns)
{
    struct cs_event_connection event = by(tid, after_ns);

    event.event.conn_id = event.facts.start_ns;
    event.event.ts_ns = event.facts.established_ns + MS;
    return event;
}

static void expect_race(uint64_t after_ns, uint64_t asked_ns, uint64_t race_start_ns)
{
    for (size_t i = 0; i < run.count; i++) {
        if (run.records[i].id != EV_START + after_ns)
            continue;
        cr_expect_eq(run.records[i].lookup.start_ns, asked_ns);
        cr_expect_eq(run.records[i].race_start_ns, race_start_ns);
        cr_expect_eq(run.records[i].outcome,
                     race_start_ns ? CONNSPAN_CONNECTED : CONNSPAN_ABANDONED);
        return;
    }
    cr_expect_fail("told after %llu", (unsigned long long)after_ns);
}

/* Another one begins just before the second attempt of the first: both are tried by one thread. */
Test(nearest, the_next_attempt_is_of_the_race_that_runs)
{
    look_both_up(ASKED(1), FIRST_THREAD, 1);
    look_both_up(ASKED(2) + 250 * MS, FIRST_THREAD, 1);
    GIVE(&run, loser(FIRST_THREAD, 0, 250 * MS));
    GIVE(&run, winner(FIRST_THREAD, 251 * MS));
    GIVE(&run, loser(FIRST_THREAD, 250 * MS, 250 * MS));
    GIVE(&run, winner(FIRST_THREAD, 501 * MS));
    GIVE(&run, ev_tick(EV_START + 4 * S));
    expect_race(0, ASKED(1), 0);
    expect_race(251 * MS, ASKED(1), EV_START);
    expect_race(250 * MS, ASKED(2) + 250 * MS, 0);
    expect_race(501 * MS, ASKED(2) + 250 * MS, EV_START + 250 * MS);
}

Test(nearest, of_races_that_run_the_oldest)
{
    look_both_up(ASKED(1), FIRST_THREAD, 1);
    look_both_up(ASKED(5), FIRST_THREAD, 1);
    GIVE(&run, loser(FIRST_THREAD, 0, 250 * MS));
    GIVE(&run, loser(FIRST_THREAD, 40 * MS, 250 * MS));
    GIVE(&run, winner(FIRST_THREAD, 251 * MS));
    GIVE(&run, winner(FIRST_THREAD, 291 * MS));
    GIVE(&run, ev_tick(EV_START + 4 * S));
    expect_race(0, ASKED(1), 0);
    expect_race(251 * MS, ASKED(1), EV_START);
    expect_race(40 * MS, ASKED(5), 0);
    expect_race(291 * MS, ASKED(5), EV_START + 40 * MS);
}

/* A race of another thread is another's, but where threads tell nothing. */
Test(nearest, a_race_goes_on_in_its_thread)
{
    look_both_up(ASKED(1), FIRST_THREAD, 1);
    look_both_up(ASKED(2) + 250 * MS, SECOND_THREAD, 1);
    GIVE(&run, loser(FIRST_THREAD, 0, 250 * MS));
    GIVE(&run, winner(SECOND_THREAD, 251 * MS));
    cr_assert_eq(run.count, 1);
    cr_expect_eq(run.records[0].lookup.start_ns, ASKED(2) + 250 * MS);
}

/* Go gives up what lost after the winner has said something, and so is it told. */
Test(nearest, races_that_overlap_in_any_threads)
{
    look_both_up(ASKED(1), FIRST_THREAD, 2);
    look_both_up(ASKED(1) + 300 * MS, SECOND_THREAD, 2);
    GIVE(&run, winner(SECOND_THREAD, 300 * MS));
    GIVE(&run, loser(FIRST_THREAD, 0, 302 * MS));
    GIVE(&run, loser(SECOND_THREAD, 299 * MS, 302 * MS));
    GIVE(&run, winner(FIRST_THREAD, 600 * MS));
    GIVE(&run, ev_tick(EV_START + 4 * S));
    expect_race(0, ASKED(1), 0);
    expect_race(300 * MS, ASKED(1), EV_START);
    expect_race(299 * MS, ASKED(1) + 300 * MS, 0);
    expect_race(600 * MS, ASKED(1) + 300 * MS, EV_START + 299 * MS);
}

/* Its IPv6 was used: who connects by IPv4 does so by the lookup that has led nowhere. */
Test(nearest, one_that_led_to_another_address_is_used)
{
    struct cs_event_connection event = loser(FIRST_THREAD, 0, 0);

    look_both_up(ASKED(1), FIRST_THREAD, 2);
    event.reason = CS_REASON_PAYLOAD;
    event.facts.established_ns = event.event.ts_ns = event.facts.start_ns + MS;
    GIVE(&run, event);
    look_up(ASKED(4), SECOND_THREAD, "two.example");
    connects(FIRST_THREAD, 30 * MS, "two.example", ASKED(4));
}
