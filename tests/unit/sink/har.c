/* SPDX-License-Identifier: MIT */
/* Timings of what is rare in a live test. That it is HAR is tests/live/test_formats.py's. */
#include "user/sink/har.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/sink/sample.h"

static void expect(const struct connspan_entry *entry, const char *part)
{
    struct cs_sink sink = {0};
    struct cs_buf out = {0};

    cs_har.entry(&sink, &out, entry);
    cs_buf_add(&out, "", 1);
    cr_expect_eq(strncmp(out.data, ",\n{", 3), 0);
    cr_expect_not_null(strstr(out.data, part), "no %s in %s", part, out.data);
    cs_buf_free(&out);
}

Test(har, counts_tls_in_connect)
{
    struct connspan_entry entry = sample_tls();

    expect(&entry, "\"time\":25.000000,\"timings\":{\"blocked\":0.000000,\"dns\":-1,\"connect\":"
                   "25.000000,\"ssl\":22.750000,\"send\":0,\"wait\":0.000000,");
}

Test(har, tells_how_long_a_failure_tried)
{
    struct connspan_entry entry = sample_failed();

    expect(&entry, "\"connect\":2.000000,\"ssl\":-1,");
    expect(&entry, "\"_error\":\"ECONNREFUSED\"");
}

Test(har, a_connection_used_again_has_no_connect)
{
    struct connspan_entry entry = sample_plain();

    entry.connection.reused = true;
    entry.request.present = true;
    entry.request_start = 100000000;
    entry.response_start = 101000000;
    expect(&entry, "\"time\":2.000000,\"timings\":{\"blocked\":0.000000,\"dns\":-1,\"connect\":-1,"
                   "\"ssl\":-1,\"send\":0,\"wait\":1.000000,\"receive\":1.000000}");
}

/* TCP took 2 ms, the server said nothing for 500. */
Test(har, a_request_that_failed_waited)
{
    struct connspan_entry entry = sample_failed();

    entry.duration = 502000000;
    entry.phases.tcp_established = 102000000;
    entry.connection.error = (struct connspan_error){"http", "eof", NULL};
    entry.request.present = true;
    expect(&entry, "\"time\":502.000000,\"timings\":{\"blocked\":0.000000,\"dns\":-1,\"connect\":"
                   "2.000000,\"ssl\":-1,\"send\":0,\"wait\":500.000000,\"receive\":0.000000}");
    entry.phases = sample_unknown().phases;
    entry.phases.tls_start = entry.phases.tls_end = CONNSPAN_UNKNOWN;
    entry.connection.reused = true;
    expect(&entry, "\"connect\":-1,\"ssl\":-1,\"send\":0,\"wait\":502.000000,");
}

/* Its connection was made, and told, before. */
Test(har, a_late_handshake_has_no_tcp)
{
    struct connspan_entry entry = sample_tls();

    entry.connection.late = true;
    entry.start_time = entry.phases.tls_start;
    entry.duration = entry.connect_end - entry.start_time;
    expect(&entry, "\"time\":22.750000,\"timings\":{\"blocked\":0.000000,\"dns\":-1,\"connect\":"
                   "22.750000,\"ssl\":22.750000,");
}

Test(har, tells_a_look_up)
{
    struct connspan_entry entry = sample_plain();

    entry.start_time = entry.phases.domain_lookup_start = 90000000;
    entry.phases.domain_lookup_end = 95000000;
    entry.duration = 12000000;
    expect(&entry, "\"time\":12.000000,\"timings\":{\"blocked\":5.000000,\"dns\":5.000000,"
                   "\"connect\":2.000000,");
}

Test(har, a_look_up_that_failed_took_its_time)
{
    struct connspan_entry entry = sample_no_name();

    expect(&entry, "\"time\":2.000000,\"timings\":{\"blocked\":0.000000,\"dns\":2.000000,"
                   "\"connect\":-1,");
    entry.phases.domain_lookup_end = CONNSPAN_UNKNOWN; /* nobody answered */
    expect(&entry, "\"dns\":2.000000,");
}

Test(har, knows_no_connect_of_a_connection_found_open)
{
    struct connspan_entry entry = sample_unknown();

    expect(&entry, "\"cache\":{},\"connection\":\"4\"");
}
