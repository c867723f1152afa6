/* SPDX-License-Identifier: MIT */
/* The public writers from open to close. What an output does in trouble is base/output's test. */
#include <connspan/writer.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/harness/scratch.h"
#include "tests/unit/sink/sample.h"

static char said[512];
static int said_lines;

static void hear(void *context, enum connspan_level level, const char *text)
{
    (void)context;
    (void)level;
    said_lines++;
    snprintf(said, sizeof(said), "%s", text);
}

static int open_to(const char *path, enum connspan_format format, struct connspan_writer **writer)
{
    struct connspan_writer_options options = CONNSPAN_WRITER_OPTIONS;

    options.path = path;
    options.format = format;
    options.on_log = hear;
    return connspan_writer_open(&options, writer);
}

static void write_run(const char *path, enum connspan_format format)
{
    struct connspan_entry entry = sample_plain();
    struct connspan_stats stats = sample_stats();
    struct connspan_writer *writer;

    cr_assert_eq(open_to(path, format, &writer), 0, "%s", said);
    cr_expect_eq(connspan_writer_header(writer, &sample_run), 0);
    cr_expect_eq(connspan_writer_entry(writer, &entry), 0);
    cr_expect_eq(connspan_writer_stats(writer, &stats), 0);
    cr_expect_eq(connspan_writer_take_lost(writer), 0);
    cr_expect_eq(connspan_writer_close(writer), 0);
}

static void flush_all(struct connspan_writer *writer)
{
    while (connspan_writer_flush(writer) == 1)
        sched_yield();
}

static int count_lines(const char *text)
{
    int lines = 0;

    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

TestSuite(writer, .fini = scratch_remove);

Test(writer, formats_by_name_and_path)
{
    cr_expect_eq(connspan_format_by_name("ndjson"), CONNSPAN_FORMAT_NDJSON);
    cr_expect_eq(connspan_format_by_name("table"), CONNSPAN_FORMAT_TABLE);
    cr_expect_eq(connspan_format_by_name("NDJSON"), CONNSPAN_FORMAT_NONE);
    cr_expect_eq(connspan_format_by_name(""), CONNSPAN_FORMAT_NONE);
    cr_expect_eq(connspan_format_by_path("/var/log/a.ndjson"), CONNSPAN_FORMAT_NDJSON);
    cr_expect_eq(connspan_format_by_path(".ndjson"), CONNSPAN_FORMAT_NONE);
    cr_expect_eq(connspan_format_by_path("a.json"), CONNSPAN_FORMAT_NONE);
    cr_expect_eq(connspan_format_by_path("-"), CONNSPAN_FORMAT_NONE);
    cr_expect_eq(connspan_format_by_path(""), CONNSPAN_FORMAT_NONE);
}

Test(writer, writes_a_whole_file_for_its_owner_only)
{
    struct stat st;
    char *text;

    write_run(scratch_path("a.ndjson"), CONNSPAN_FORMAT_NONE);
    text = scratch_read("a.ndjson");
    cr_expect_eq(count_lines(text), 3);
    cr_expect(!strncmp(text, "{\"entryType\":\"connspan.header\"", 29));
    cr_expect_eq(text[strlen(text) - 1], '\n');
    stat(scratch_path("a.ndjson"), &st);
    cr_expect_eq(st.st_mode & 07777, 0600);
    free(text);
}

Test(writer, appends_a_second_run_with_its_own_header)
{
    char *text;

    write_run(scratch_path("a.ndjson"), CONNSPAN_FORMAT_NONE);
    write_run(scratch_path("a.ndjson"), CONNSPAN_FORMAT_NONE);
    text = scratch_read("a.ndjson");
    cr_expect_eq(count_lines(text), 6);
    free(text);
}

Test(writer, cuts_off_a_torn_line)
{
    char *text;

    scratch_write("a.ndjson", "{\"entryType\":\"reso", 0600);
    write_run(scratch_path("a.ndjson"), CONNSPAN_FORMAT_NONE);
    text = scratch_read("a.ndjson");
    cr_expect(!strncmp(text, "{\"entryType\":\"connspan.header\"", 29), "%s", text);
    cr_expect_not_null(strstr(said, "was torn"), "%s", said);
    free(text);
}

Test(writer, writes_a_table_to_standard_output)
{
    char *text;

    setenv("TZ", "UTC", 1);
    scratch_capture(STDOUT_FILENO);
    write_run("-", CONNSPAN_FORMAT_TABLE);
    text = scratch_captured(STDOUT_FILENO);
    cr_expect_eq(count_lines(text), 4);
    cr_expect_not_null(strstr(text, "\n00:00:00.123     100 psql "), "%s", text);
    free(text);
}

static char *streamed(enum connspan_format format)
{
    scratch_capture(STDOUT_FILENO);
    write_run("-", format);
    return scratch_captured(STDOUT_FILENO);
}

/* There is no tail to write over: it comes once, behind the last entry. */
Test(writer, a_document_on_a_stream_ends_with_the_run)
{
    char *har = streamed(CONNSPAN_FORMAT_HAR), *trace = streamed(CONNSPAN_FORMAT_TRACE);

    cr_expect_not_null(strstr(har, "\"entries\":[\n{"), "%s", har);
    cr_expect_str_eq(har + strlen(har) - strlen("}\n]}}\n"), "}\n]}}\n");
    cr_expect_not_null(strstr(trace, "\"traceEvents\":[\n{"), "%s", trace);
    cr_expect_str_eq(trace + strlen(trace) - strlen("}\n]}\n"), "}\n]}\n");
    free(har);
    free(trace);
}

Test(writer, a_snapshot_on_a_stream_is_its_last)
{
    char *text = streamed(CONNSPAN_FORMAT_PROMETHEUS);

    cr_expect(!strncmp(text, "# HELP connspan_build_info", 26), "%s", text);
    cr_expect_eq(strstr(text + 1, "# HELP connspan_build_info"), NULL);
    cr_expect_not_null(strstr(text, "\nconnspan_connections_total{"));
    free(text);
}

Test(writer, shows_lines_after_a_flush)
{
    struct connspan_writer *writer;
    char *text;

    cr_assert_eq(open_to(scratch_path("a.ndjson"), CONNSPAN_FORMAT_NONE, &writer), 0);
    connspan_writer_header(writer, &sample_run);
    flush_all(writer);
    text = scratch_read("a.ndjson");
    cr_expect_eq(count_lines(text), 1);
    free(text);
    connspan_writer_close(writer);
}

Test(writer, refuses_with_one_line)
{
    struct connspan_writer *writer = NULL;

    cr_expect_eq(open_to("/tmp", CONNSPAN_FORMAT_NDJSON, &writer), -EISDIR);
    cr_expect_eq(said_lines, 1);
    cr_expect_eq(open_to(scratch_path("a.xml"), CONNSPAN_FORMAT_NONE, &writer), -EINVAL);
    cr_expect_eq(said_lines, 2);
    cr_expect_not_null(strstr(said, "tells no format"), "%s", said);
    cr_expect_eq(access(scratch_path("a.xml"), F_OK), -1, "created all the same");
    cr_expect_null(writer);
}

Test(writer, counts_lost_entries)
{
    struct connspan_entry entry = sample_tls();
    struct connspan_writer *writer;
    uint64_t refused = 0;

    cr_assert_eq(open_to("/dev/full", CONNSPAN_FORMAT_NDJSON, &writer), 0);
    for (int i = 0; i < 20000; i++) /* 30 MB: more than is ever held */
        refused += connspan_writer_entry(writer, &entry) == -ENOSPC;
    cr_expect_gt(refused, 0);
    cr_expect_eq(connspan_writer_take_lost(writer), refused);
    cr_expect_eq(connspan_writer_take_lost(writer), 0);
    cr_expect_eq(connspan_writer_flush(writer), -ENOSPC);
    cr_expect_eq(connspan_writer_close(writer), -ENOSPC);
}

/* An option struct of an older library is shorter: what it lacks is 0. */
Test(writer, takes_shorter_options)
{
    struct connspan_writer_options options = {.path = scratch_path("a.ndjson")};
    struct connspan_writer *writer;

    options.size = offsetof(struct connspan_writer_options, format);
    options.columns = 3;
    cr_assert_eq(connspan_writer_open(&options, &writer), 0);
    cr_expect_eq(connspan_writer_close(writer), 0);
}
