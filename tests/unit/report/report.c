/* SPDX-License-Identifier: MIT */
/* The public API on small files: what is counted, what is refused, what is written. */
#include <connspan/report.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/scratch.h"
#include "tests/unit/report/lines.h"

static struct connspan_report_options options = CONNSPAN_REPORT_OPTIONS;
static struct connspan_report_style style = {.size = sizeof(style), .rows = 20};
static struct connspan_report *report;
static char told[1024], written[65536];

static void on_log(void *context, enum connspan_level level, const char *text)
{
    size_t used = strlen(told);

    (void)context, (void)level;
    snprintf(told + used, sizeof(told) - used, "%s\n", text);
}

static int put(void *context, const char *text, size_t length)
{
    size_t used = strlen(written);

    (void)context;
    snprintf(written + used, sizeof(written) - used, "%.*s", (int)length, text);
    return 0;
}

static void clear(void)
{
    connspan_report_free(report);
    scratch_remove();
}

TestSuite(report, .fini = clear);

static int take(const char *text)
{
    options.on_log = on_log;
    if (!report)
        cr_assert_eq(connspan_report_new(&options, &report), 0);
    scratch_write("f", text, 0600);
    return connspan_report_read(report, scratch_path("f"));
}

static int take_lines(const char *a, const char *b, const char *c)
{
    char text[8192];

    snprintf(text, sizeof(text), "%s%s%s%s", HEADER, a, b, c);
    return take(text);
}

static void expect(int (*write)(const struct connspan_report *,
                                const struct connspan_report_style *, connspan_put_fn, void *),
                   const char *part)
{
    written[0] = '\0';
    cr_assert_eq(write(report, &style, put, NULL), 0);
    cr_expect(strstr(written, part), "no %s in %s", part, written);
}

Test(report, counts)
{
    cr_assert_eq(take_lines(LINE(.tcp_ms = 1), LINE(.tcp_ms = 3, .tls_ms = 4),
                            LINE(.outcome = "failed",
                                 .error = "\"phase\":\"tcp\",\"code\":\"ECONNREFUSED\"")),
                 0);
    expect(connspan_report_json,
           "\"failures\":[{\"phase\":\"tcp\",\"code\":\"ECONNREFUSED\",\"count\":1}],"
           "\"all\":{\"connections\":3,\"failed\":1,\"failedLater\":0,\"dns\":null,"
           "\"tcp\":{\"count\":2,");
    expect(connspan_report_json, "\"tls\":{\"count\":1,\"p50\":4.000000,\"p90\":4.000000,");
    expect(connspan_report_text, "3 connections, 1 failed (33.33 %), 0 lost\n");
    expect(connspan_report_text, "           1  tcp: ECONNREFUSED\n");
    cr_expect_str_eq(told, "");
}

Test(report, by_each_key)
{
    options.by = (1u << CONNSPAN_BY_COUNT) - 1;
    cr_assert_eq(take_lines(LINE(.tcp_ms = 1), LINE(.tcp_ms = 1, .name = "tls://b:1"),
                            LINE(.tcp_ms = 1, .comm = "wget")),
                 0);
    expect(connspan_report_json, "{\"key\":\"tcp://192.0.2.1:80\",\"connections\":2");
    expect(connspan_report_json, "{\"key\":\"wget\",\"connections\":1");
    expect(connspan_report_json, "{\"key\":\"192.0.2.1:80\",\"connections\":3");
    expect(connspan_report_json, "{\"key\":\"-\",\"connections\":3");
}

Test(report, what_is_left_is_one_row)
{
    style.rows = 1;
    cr_assert_eq(take_lines(LINE(.tcp_ms = 1, .name = "tcp://a:1"),
                            LINE(.tcp_ms = 1, .name = "tcp://b:1"),
                            LINE(.tcp_ms = 1, .name = "tcp://c:1")),
                 0);
    expect(connspan_report_json, "\"others\":{\"keys\":2,\"connections\":2,");
    expect(connspan_report_text, "(2 others)");
}

Test(report, abandoned_are_in_no_table)
{
    cr_assert_eq(take_lines(LINE(.tcp_ms = 1), LINE(.outcome = "abandoned"), ""), 0);
    expect(connspan_report_json, "\"abandoned\":1");
    expect(connspan_report_json, "\"all\":{\"connections\":1,\"failed\":0,");
}

#define RESET "\"phase\":\"http\",\"code\":\"reset\""

/* Streams of one connection, which did not fail: no share of connections is above 100 %. */
Test(report, requests_of_a_connection_that_was_there)
{
    cr_assert_eq(take_lines(LINE(.tcp_ms = 1),
                            LINE(.outcome = "failed", .error = RESET, .more = ",\"reused\":true"),
                            LINE(.outcome = "failed", .error = RESET, .more = ",\"reused\":true")),
                 0);
    expect(connspan_report_text, "\n1 connections, 0 failed, 2 failed later (requests, late "
                                 "handshakes), 0 lost\n");
    expect(connspan_report_text, "           2  http: reset\n");
    expect(connspan_report_text, "CONNECTIONS      FAILED       LATER ");
    expect(connspan_report_text, "           1           0           2  TCP ");
    expect(connspan_report_json, "\"all\":{\"connections\":1,\"failed\":0,\"failedLater\":2,");
    expect(connspan_report_json, "\"code\":\"reset\",\"count\":2}");
}

/* The connection itself may be in another file. */
Test(report, a_late_handshake_alone)
{
    cr_assert_eq(take_lines(LINE(.outcome = "failed", .more = ",\"late\":true"), "", ""), 0);
    expect(connspan_report_text, "0 connections, 0 failed, 1 failed later (");
}

Test(report, a_column_of_what_failed_later_only_if_something_did)
{
    cr_assert_eq(take_lines(LINE(.tcp_ms = 1), LINE(.outcome = "failed"), ""), 0);
    expect(connspan_report_text, "\n2 connections, 1 failed (50.00 %), 0 lost\n");
    cr_expect_null(strstr(written, "LATER"));
}

Test(report, times)
{
    options.since_unix_ns = connspan_timestamp_parse("2026-11-21T12:00:00Z");
    options.until_unix_ns = connspan_timestamp_parse("2026-11-21T12:00:01Z");
    cr_assert_eq(take_lines(LINE(.timestamp = "2026-11-21T11:59:59.999999999Z"),
                            LINE(.timestamp = "2026-11-21T12:00:00.000000000Z"),
                            LINE(.timestamp = "2026-11-21T12:00:01.000000000Z")),
                 0);
    expect(connspan_report_json, "\"entries\":1,\"leftOut\":2");
}

Test(report, losses_of_all_stats_lines)
{
    static const char stats[] =
        "{\"entryType\":\"connspan.stats\",\"dropped\":{\"ringEnd\":2},\"total\":{\"ringEnd\":9}}\n";

    cr_assert_eq(take_lines(stats, LINE(.tcp_ms = 1), stats), 0);
    expect(connspan_report_json, "\"dropped\":{\"ringEnd\":4}");
    expect(connspan_report_text, "4 lost ringEnd=4\n");
}

/* ---- files that are not as they should be -------------------------------------------------- */

static void expect_told(const char *part)
{
    cr_expect(strstr(told, part), "no '%s' in: %s", part, told);
    cr_expect_eq(strchr(told, '\n') + 1, told + strlen(told), "one line: %s", told);
}

Test(report, torn_last_line)
{
    cr_assert_eq(take_lines(LINE(.tcp_ms = 1), "{\"entryType\":\"reso", ""), 0);
    expect_told("the last line is cut off");
    expect(connspan_report_json, "\"all\":{\"connections\":1,");
}

Test(report, whole_last_line_without_newline)
{
    char line[2048];

    snprintf(line, sizeof(line), "%s", LINE(.tcp_ms = 1));
    line[strlen(line) - 1] = '\0';
    cr_assert_eq(take_lines(line, "", ""), 0);
    expect(connspan_report_json, "\"all\":{\"connections\":1,");
    cr_expect_str_eq(told, "");
}

Test(report, damaged_in_the_middle)
{
    cr_assert_eq(take_lines(LINE(.tcp_ms = 1), "gar{bage\n", LINE(.tcp_ms = 1)), -EBADMSG);
    expect_told("lines that cannot be read: 1, the first is line 3");
    expect(connspan_report_json, "\"all\":{\"connections\":2,");
}

Test(report, not_ours)
{
    cr_expect_eq(take("{\"log\":{}}\n"), -EBADMSG);
    expect_told("not NDJSON of connspan: line 1 is not its header");
    cr_expect_eq(connspan_report_runs(report), 0);
}

Test(report, binary)
{
    cr_expect_eq(take("\x7f"
                      "ELF\x02\x01\x01"),
                 -EBADMSG);
    expect_told("not NDJSON of connspan");
}

Test(report, empty)
{
    cr_expect_eq(take(""), -ENODATA);
    expect_told("is empty");
}

Test(report, another_schema)
{
    static const char later[] =
        "{\"entryType\":\"connspan.header\",\"schema\":2,\"version\":\"9.0.0\",\"host\":\"h\"}\n";

    cr_expect_eq(take_lines(LINE(.tcp_ms = 1), later, LINE(.tcp_ms = 1)), -EPROTO);
    expect_told("line 3: entries of schema 2, by connspan 9.0.0; this version reads 1");
    expect(connspan_report_json, "\"all\":{\"connections\":1,");
}

Test(report, several_runs_in_one_file)
{
    cr_assert_eq(take_lines(LINE(.tcp_ms = 1), HEADER, LINE(.tcp_ms = 1)), 0);
    cr_expect_eq(connspan_report_runs(report), 2);
    expect(connspan_report_json, "\"hosts\":[\"h\"]");
    expect(connspan_report_json, "\"all\":{\"connections\":2,");
}

/* ---- text ---------------------------------------------------------------------------------- */

Test(report, waterfall)
{
    cr_assert_eq(take_lines(LINE(.tcp_ms = 9, .tls_ms = 10), LINE(.tcp_ms = 2), ""), 0);
    expect(connspan_report_text, "20.0ms \xe2\x96\x92\xe2\x96\x92");
    expect(connspan_report_text, "\xe2\x96\x88\xe2\x96\x88 ok\n");
    expect(connspan_report_text, "2.00ms \xe2\x96\x92\xe2\x96\x92");
}

Test(report, names_cannot_steer_the_terminal)
{
    cr_assert_eq(take_lines(LINE(.tcp_ms = 1, .name = "tcp://\\u001b[31m\\r:80"), "", ""), 0);
    expect(connspan_report_text, "tcp://?[31m?:80");
    cr_expect_null(strchr(written, '\033'));
}
