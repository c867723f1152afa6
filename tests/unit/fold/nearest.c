/* SPDX-License-Identifier: MIT */
/* Several lookups were answered by the peer's address: which one the connection was made by. */
#include "user/fold/lookup.h"

#include <criterion/criterion.h>
#include <stdio.h>

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

Test(nearest, a_thread_that_connects_again_takes_no_other_s)
{
    look_up(ASKED(0), FIRST_THREAD, "one.example");
    look_up(ASKED(1), SECOND_THREAD, "two.example");
    connects(FIRST_THREAD, 0, "one.example", ASKED(0));
    connects(FIRST_THREAD, MS, "one.example", 0);
    connects(SECOND_THREAD, 2 * MS, "two.example", ASKED(1));
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
