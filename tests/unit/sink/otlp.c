/* SPDX-License-Identifier: MIT */
/* What of an entry stands where in a line. That it is OTLP is tests/live/test_formats.py's. */
#include "user/sink/otlp.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/sink/sample.h"

static char *line_of(const struct connspan_entry *entry)
{
    struct cs_sink sink = {.version = "0.1.0", .host = "host", .origin_unix_ns = 17};
    struct cs_buf out = {0};

    cs_otlp.entry(&sink, &out, entry);
    cs_buf_add(&out, "", 1);
    cr_assert_eq(strchr(out.data, '\n'), out.data + out.length - 2, "one line");
    return out.data;
}

static void expect(const char *line, const char *part)
{
    cr_expect_not_null(strstr(line, part), "no %s in %s", part, line);
}

static int count(const char *line, const char *part)
{
    int found = 0;

    for (; (line = strstr(line, part)); line++)
        found++;
    return found;
}

Test(otlp, tells_tcp_and_tls_as_children)
{
    struct connspan_entry entry = sample_tls();
    char *line = line_of(&entry);

    expect(line, "\"name\":\"connection\",\"kind\":3,\"startTimeUnixNano\":\"1767225600123456789\","
                 "\"endTimeUnixNano\":\"1767225600148456789\"");
    expect(line,
           "\"name\":\"tcp.connect\",\"kind\":1,\"startTimeUnixNano\":\"1767225600123456789\","
           "\"endTimeUnixNano\":\"1767225600125456789\"");
    expect(line, "\"name\":\"tls.handshake\",\"kind\":1,\"startTimeUnixNano\":"
                 "\"1767225600125706789\",\"endTimeUnixNano\":\"1767225600148456789\"");
    expect(line, "{\"key\":\"server.address\",\"value\":{\"stringValue\":\"example.com\"}}");
    expect(line, "{\"key\":\"tls.resumed\",\"value\":{\"boolValue\":true}}");
    expect(line, "{\"key\":\"network.protocol.version\",\"value\":{\"stringValue\":\"2\"}}");
    cr_expect_eq(count(line, "\"parentSpanId\""), 2);
    cr_expect_eq(count(line, "\"status\""), 0);
    free(line);
}

static void expect_server(const struct connspan_entry *entry, const char *told)
{
    char *line = line_of(entry);

    expect(line, told);
    expect(line, "{\"key\":\"network.peer.address\",\"value\":{\"stringValue\":\"192.0.2.1\"}},"
                 "{\"key\":\"network.peer.port\",\"value\":{\"intValue\":\"5432\"}}");
    free(line);
}

#define SERVER(address, port)                                                                      \
    "{\"key\":\"server.address\",\"value\":{\"stringValue\":\"" address                            \
    "\"}},{\"key\":\"server.port\",\"value\":{\"intValue\":\"" port "\"}}"

/* By DNS alone, behind a proxy, by address: what the entry is named by, not who took the packets.
 */
Test(otlp, the_server_is_the_one_that_was_wanted)
{
    struct connspan_entry entry = sample_plain();

    expect_server(&entry, SERVER("192.0.2.1", "5432"));
    entry.name = "tcp://db.example:5432";
    expect_server(&entry, SERVER("db.example", "5432"));
    entry.name = "tcp://target.example:22";
    entry.proxy = (struct connspan_proxy){.kind = "connect", .target = "target.example:22"};
    expect_server(&entry, SERVER("target.example", "22"));
    entry.name = "http://target.example/path";
    expect_server(&entry, SERVER("target.example", "80"));
}

Test(otlp, marks_what_failed)
{
    struct connspan_entry entry = sample_failed();
    char *line = line_of(&entry);

    cr_expect_eq(
        count(line, "{\"key\":\"error.type\",\"value\":{\"stringValue\":\"ECONNREFUSED\"}}"), 2,
        "the connection and its TCP handshake");
    cr_expect_eq(count(line, "\"status\":{\"code\":2}"), 2);
    cr_expect_eq(count(line, "\"endTimeUnixNano\":\"1767225600125456789\""), 2);
    free(line);
}

Test(otlp, a_look_up_that_failed_is_a_span)
{
    struct connspan_entry entry = sample_no_name();
    char *line = line_of(&entry);

    expect(line, "\"name\":\"dns.lookup\",\"kind\":1,\"startTimeUnixNano\":\"1767225600123456789\","
                 "\"endTimeUnixNano\":\"1767225600125456789\"");
    cr_expect_eq(count(line, "\"status\":{\"code\":2}"), 2);
    free(line);
}

Test(otlp, a_method_that_the_conventions_do_not_know)
{
    struct connspan_entry entry = sample_plain();
    char *line;

    entry.request = (struct connspan_request){.present = true, .method = "PURGE", .status = 200};
    line = line_of(&entry);
    expect(line, "\"name\":\"HTTP\",\"kind\":3");
    expect(line,
           "{\"key\":\"http.request.method\",\"value\":{\"stringValue\":\"_OTHER\"}},{\"key\":"
           "\"http.request.method_original\",\"value\":{\"stringValue\":\"PURGE\"}}");
    cr_expect_eq(count(line, "\"status\""), 0);
    free(line);
    entry.request.method = "PATCH";
    line = line_of(&entry);
    expect(line, "\"name\":\"PATCH\",\"kind\":3");
    cr_expect_eq(count(line, "method_original"), 0);
    free(line);
}

Test(otlp, a_response_that_refuses_is_an_error)
{
    struct connspan_entry entry = sample_plain();
    char *line;

    entry.request = (struct connspan_request){.present = true, .method = "GET", .status = 404};
    line = line_of(&entry);
    expect(line, "{\"key\":\"error.type\",\"value\":{\"stringValue\":\"404\"}}");
    cr_expect_eq(count(line, "\"status\":{\"code\":2}"), 1, "of the request alone");
    free(line);
}

Test(otlp, leaves_out_what_is_not_known)
{
    struct connspan_entry entry = sample_unknown();
    char *line = line_of(&entry);

    expect(line, "\"kind\":2");
    expect(line, "unknown_service");
    cr_expect_eq(count(line, "tcp.connect"), 0);
    cr_expect_eq(count(line, "tls.handshake"), 1);
    cr_expect_eq(count(line, "tls.resumed"), 0);
    cr_expect_eq(count(line, "null"), 0);
    free(line);
}

Test(otlp, a_late_handshake_has_no_tcp)
{
    struct connspan_entry entry = sample_tls();
    char *line;

    entry.connection.late = true;
    line = line_of(&entry);
    cr_expect_eq(count(line, "tcp.connect"), 0);
    cr_expect_eq(count(line, "tls.handshake"), 1);
    free(line);
}

Test(otlp, ids_differ_and_are_the_same_in_a_replay)
{
    struct connspan_entry entry = sample_tls();
    char *line = line_of(&entry), *again = line_of(&entry), *other;
    const char *span = strstr(line, "\"spanId\":\"");
    char id[32] = "";

    cr_expect_str_eq(line, again);
    strncpy(id, span, 26);
    cr_expect_eq(count(line, id), 1, "a child has its parent's id");
    entry.sequence++;
    other = line_of(&entry);
    cr_expect_eq(count(other, id), 0, "another entry has the same id");
    free(line);
    free(again);
    free(other);
}
