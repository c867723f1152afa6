/* SPDX-License-Identifier: MIT */
/* Lines of all kinds; what is broken, foreign or too deep. */
#include "user/report/line.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/report/lines.h"

static struct cs_line_reader *reader;

static void prepare(void)
{
    reader = cs_line_reader_new();
}

static void clear(void)
{
    cs_line_reader_free(reader);
}

TestSuite(line, .init = prepare, .fini = clear);

static const struct cs_line *take(const char *text)
{
    size_t length = strlen(text);

    return cs_line_reader_next(reader, text,
                               length && text[length - 1] == '\n' ? length - 1 : length);
}

Test(line, an_entry)
{
    const struct cs_line *line =
        take(LINE(.name = "https://a.example/", .outcome = "failed", .tcp_ms = 2.5, .tls_ms = 0,
                  .error = "\"phase\":\"tls\",\"code\":\"unknown_ca\",\"detail\":null",
                  .more = ",\"synRetransmits\":2"));

    cr_assert_eq(line->kind, CS_LINE_ENTRY);
    cr_expect_str_eq(line->name, "https://a.example/");
    cr_expect_eq(line->start_time, 1000000000);
    cr_expect_eq(line->phases.connect_start, 1000000000);
    cr_expect_eq(line->phases.tcp_established, 1002500000);
    cr_expect_eq(line->phases.tls_start, CONNSPAN_UNKNOWN);
    cr_expect_str_eq(line->outcome, "failed");
    cr_expect_str_eq(line->error_phase, "tls");
    cr_expect_str_eq(line->error_code, "unknown_ca");
    cr_expect_str_eq(line->remote_address, "192.0.2.1");
    cr_expect_eq(line->remote_port, 80);
    cr_expect_eq(line->syn_retransmits, 2);
    cr_expect_str_eq(line->comm, "curl");
    cr_expect_null(line->container);
    cr_expect_null(line->tls_version);
}

/* The phases of a lookup came later than version 0.1.0. */
Test(line, a_lookup_of_an_earlier_version)
{
    const struct cs_line *line =
        take("{\"entryType\":\"resource\",\"domainLookupStart\":5.0,\"domainLookupEnd\":9.0,"
             "\"phases\":{\"connectStart\":9.0}}");

    cr_expect_eq(line->phases.domain_lookup_start, 5000000);
    cr_expect_eq(line->phases.domain_lookup_end, 9000000);
    line = take("{\"entryType\":\"resource\",\"domainLookupStart\":5.0,\"domainLookupEnd\":5.0}");
    cr_expect_eq(line->phases.domain_lookup_start, CONNSPAN_UNKNOWN);
    line = take("{\"entryType\":\"resource\",\"domainLookupStart\":0.0,\"domainLookupEnd\":0.0,"
                "\"phases\":{\"domainLookupStart\":5.0,\"domainLookupEnd\":9.0}}");
    cr_expect_eq(line->phases.domain_lookup_end, 9000000);
}

Test(line, a_header_and_stats)
{
    const struct cs_line *line = take(HEADER);

    cr_expect_eq(line->kind, CS_LINE_HEADER);
    cr_expect_eq(line->schema, 1);
    cr_expect_str_eq(line->host, "h");
    line = take("{\"entryType\":\"connspan.stats\",\"entries\":3,\"failures\":1,"
                "\"dropped\":{\"ringEnd\":0,\"later\":7},\"total\":{\"ringEnd\":9}}");
    cr_expect_eq(line->kind, CS_LINE_STATS);
    cr_assert_eq(line->loss_count, 2);
    cr_expect_str_eq(line->losses[1].name, "later");
    cr_expect_eq(line->losses[1].count, 7);
}

/* A key is wanted in its own object only, and what it may not be is passed over. */
Test(line, what_is_not_known_is_passed_over)
{
    const struct cs_line *line =
        take("{\"future\":{\"name\":\"no\",\"phases\":{\"tlsEnd\":1}},\"list\":[{\"name\":\"no\"},"
             "[1,\"x\"]],\"entryType\":\"resource\",\"phases\":null,\"name\":\"yes\","
             "\"tls\":[{\"version\":\"1.3\"}],\"startTime\":\"7\",\"connection\":3,"
             "\"process\":{\"comm\":{\"comm\":\"no\"},\"pid\":true}}");

    cr_assert_eq(line->kind, CS_LINE_ENTRY);
    cr_expect_str_eq(line->name, "yes");
    cr_expect_eq(line->phases.tls_end, CONNSPAN_UNKNOWN);
    cr_expect_eq(line->start_time, CONNSPAN_UNKNOWN);
    cr_expect_null(line->tls_version);
    cr_expect_null(line->comm);
    cr_expect_eq(line->pid, 0);
}

Test(line, escapes)
{
    const struct cs_line *line =
        take("{\"entryType\":\"resource\",\"name\":\"a\\u20acb\\n\\\"\\\\\"}");

    cr_expect_str_eq(line->name, "a\xe2\x82\xac"
                                 "b\n\"\\");
}

Test(line, broken_ones_do_not_spoil_the_next)
{
    static const char *const broken[] = {"",           "{\"entryType\":\"resource\",\"na",
                                         "{}}",        "]",
                                         "\x01",       "{\"a\":}",
                                         "{\"a\":01}", "[1]",
                                         "7",          "\"x\"",
                                         "nul"};

    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        cr_expect_eq(take(broken[i])->kind, CS_LINE_BROKEN, "%s", broken[i]);
        cr_expect_eq(take(HEADER)->kind, CS_LINE_HEADER, "after %s", broken[i]);
    }
}

Test(line, depth_has_a_bound)
{
    char text[4096] = "{\"a\":";

    memset(text + 5, '[', 2000);
    memset(text + 2005, ']', 2000);
    strcpy(text + 4005, "}");
    cr_expect_eq(take(text)->kind, CS_LINE_BROKEN);
    cr_expect_eq(take(HEADER)->kind, CS_LINE_HEADER);
}

Test(line, more_losses_than_room)
{
    char *text = calloc(1, 20000);
    const struct cs_line *line;
    size_t used = (size_t)sprintf(text, "{\"entryType\":\"connspan.stats\",\"dropped\":{");

    for (int i = 0; i < 1000; i++)
        used += (size_t)sprintf(text + used, "%s\"l%d\":1", i ? "," : "", i);
    strcpy(text + used, "}}");
    line = take(text);
    cr_expect_eq(line->kind, CS_LINE_STATS);
    cr_expect_eq(line->loss_count, CS_LINE_LOSSES);
    free(text);
}
