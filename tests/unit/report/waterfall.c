/* SPDX-License-Identifier: MIT */
/* The text of a report: which character stands for which part of a connection, and how it ended. */
#include <connspan/report.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/scratch.h"

/* 10 ms in all: DNS, a wait, TCP, a wait, TLS, of 2 ms each; or refused after 10 ms. */
#define ENTRY                                                                                      \
    "{\"entryType\":\"resource\",\"name\":\"tcp://a:1\",\"startTime\":1000,\"duration\":10,"       \
    "\"domainLookupStart\":1000,\"domainLookupEnd\":1002,\"connectEnd\":1010,"                     \
    "\"timestamp\":\"2026-11-21T12:00:00.000000000Z\",\"phases\":{\"connectStart\":1004,"          \
    "\"tcpEstablished\":1006,\"tlsStart\":1008,\"tlsEnd\":1010,\"failed\":null},"                  \
    "\"connection\":{\"outcome\":\"connected\",\"error\":null},\"process\":{\"comm\":\"curl\"}}\n"
#define REFUSED                                                                                    \
    "{\"entryType\":\"resource\",\"name\":\"tcp://b:1\",\"startTime\":1000,\"duration\":10,"       \
    "\"timestamp\":\"2026-11-21T12:00:00.000000000Z\",\"phases\":{\"connectStart\":1000,"          \
    "\"tcpEstablished\":null,\"tlsStart\":null,\"tlsEnd\":null,\"failed\":1010},"                  \
    "\"connection\":{\"outcome\":\"failed\",\"error\":{\"phase\":\"tcp\",\"code\":\"EPERM\"}},"    \
    "\"process\":{\"comm\":\"wget\"}}\n"
#define NO_NAME                                                                                    \
    "{\"entryType\":\"resource\",\"name\":\"tcp://c\",\"startTime\":1000,\"duration\":10,"         \
    "\"timestamp\":\"2026-11-21T12:00:00.000000000Z\",\"phases\":{\"domainLookupStart\":1000,"     \
    "\"domainLookupEnd\":1010,\"failed\":1010},"                                                   \
    "\"connection\":{\"outcome\":\"failed\",\"error\":{\"phase\":\"dns\",\"code\":\"NXDOMAIN\"}}," \
    "\"process\":{\"comm\":\"dig\"}}\n"
#define HEADER "{\"entryType\":\"connspan.header\",\"schema\":1,\"host\":\"h\"}\n"

static FILE *stream;
static char *text;
static size_t length;

static int put(void *context, const char *piece, size_t bytes)
{
    (void)context;
    return fwrite(piece, 1, bytes, stream) == bytes ? 0 : -EIO;
}

static void tell(const char *lines)
{
    struct connspan_report_options options = CONNSPAN_REPORT_OPTIONS;
    struct connspan_report_style style = {.size = sizeof(style), .rows = 20, .columns = 100};
    struct connspan_report *report;

    setenv("TZ", "UTC", 1);
    options.slowest = 5;
    scratch_write("f", lines, 0600);
    cr_assert_eq(connspan_report_new(&options, &report), 0);
    cr_assert_eq(connspan_report_read(report, scratch_path("f")), 0);
    stream = open_memstream(&text, &length);
    cr_assert_eq(connspan_report_text(report, &style, put, NULL), 0);
    fclose(stream);
    connspan_report_free(report);
}

static void clear(void)
{
    free(text);
    scratch_remove();
}

TestSuite(waterfall, .fini = clear);

/* How often the character stands in the line that begins with the time and `comm`. */
static int drawn(const char *comm, const char *mark)
{
    char begin[64];
    const char *line, *end;
    int found = 0;

    snprintf(begin, sizeof(begin), "\n12:00:00.000 %s ", comm);
    line = strstr(text, begin);
    cr_assert_not_null(line, "no %s in %s", comm, text);
    end = strchr(line + 1, '\n');
    while ((line = strstr(line, mark)) && line < end) {
        found++;
        line += strlen(mark);
    }
    return found;
}

Test(waterfall, a_character_for_each_phase)
{
    tell(HEADER ENTRY);
    cr_expect_geq(drawn("curl", "░"), 4, "DNS: %s", text);
    cr_expect_eq(drawn("curl", "▒"), drawn("curl", "░"));
    cr_expect_eq(drawn("curl", "█"), drawn("curl", "░"));
    cr_expect_eq(drawn("curl", "·"), 2 * drawn("curl", "░"));
    cr_expect_eq(drawn("curl", "×"), 0);
}

Test(waterfall, a_lookup_that_failed_is_one)
{
    tell(HEADER NO_NAME);
    cr_expect_geq(drawn("dig", "░"), 10, "DNS: %s", text);
    cr_expect_eq(drawn("dig", "·"), 0);
    cr_expect_eq(drawn("dig", "×"), 1);
}

Test(waterfall, a_failure_ends_in_a_cross)
{
    tell(HEADER ENTRY REFUSED);
    cr_expect_eq(drawn("wget", "×"), 1, "%s", text);
    cr_expect_geq(drawn("wget", "▒"), 19);
    cr_expect_not_null(strstr(text, "EPERM\n"));
}
