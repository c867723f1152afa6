/* SPDX-License-Identifier: MIT */
/* What is rare in a live test. That it is a trace is tests/live/test_trace_viewer.py's. */
#include "user/sink/trace.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/sink/sample.h"

static struct cs_sink sink;
static struct cs_buf out;

static void write_entry(struct connspan_entry entry)
{
    cs_trace.entry(&sink, &out, &entry);
    cs_buf_add(&out, "", 1);
    out.length--;
}

static int count(const char *part)
{
    int found = 0;

    for (const char *at = out.data; (at = strstr(at, part)); at++)
        found++;
    return found;
}

static void clear(void)
{
    cs_buf_free(&out);
}

TestSuite(trace, .fini = clear);

/* It tried until the entry ended, and says where. */
Test(trace, a_failed_phase_ends_with_the_entry)
{
    write_entry(sample_failed());
    cr_expect_eq(count("\"name\":\"TCP\"}"), 2, "%s", out.data);
    cr_expect_eq(count("\"ph\":\"b\""), count("\"ph\":\"e\""));
    cr_expect_eq(count("\"ph\":\"n\""), 1);
    cr_expect_not_null(strstr(out.data, "\"errorCode\":\"ECONNREFUSED\""));
}

Test(trace, a_look_up_that_failed_is_drawn)
{
    write_entry(sample_no_name());
    cr_expect_eq(count("\"name\":\"DNS\"}"), 2, "%s", out.data);
}

Test(trace, a_late_handshake_has_no_tcp)
{
    struct connspan_entry entry = sample_tls();

    entry.connection.late = true;
    write_entry(entry);
    cr_expect_eq(count("\"name\":\"TCP\"}"), 0, "%s", out.data);
    cr_expect_eq(count("\"name\":\"TLS\"}"), 2);
}

/* Two streams of one connection overlap: under one id the first's end would close the second. */
Test(trace, requests_of_one_connection_stand_apart)
{
    struct connspan_entry first = sample_tls(), second = first;

    second.sequence = first.sequence + 1;
    second.start_time += 1;
    write_entry(first);
    write_entry(second);
    cr_expect_eq(count("\"id\":\"2\""), 6, "its phases are nested in it: %s", out.data);
    cr_expect_eq(count("\"id\":\"3\""), 6);
    cr_expect_eq(count("\"connectionId\":\"9007199254740993\""), 2, "and belong together");
}

Test(trace, a_process_is_named_once)
{
    struct connspan_entry entry = sample_plain();

    write_entry(entry);
    write_entry(entry);
    cr_expect_eq(count("\"process_name\""), 1);
    entry.process.comm = "exec";
    write_entry(entry);
    cr_expect_eq(count("\"process_name\""), 2, "it renamed itself");
}

Test(trace, nanoseconds_stand_behind_the_point)
{
    struct connspan_entry entry = sample_plain();

    entry.start_time = entry.phases.connect_start = 100000789;
    write_entry(entry);
    cr_expect_eq(count("\"ts\":100000.789,"), 2, "%s", out.data);
}
