/* SPDX-License-Identifier: MIT */
/* Statuses, and where the report goes. What it says is tested in tests/unit/report. */
#include "user/cli/report.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/harness/scratch.h"

#define HEADER                                                                                     \
    "{\"entryType\":\"connspan.header\",\"schema\":1,\"version\":\"0.1.0\",\"host\":\"h\"}\n"

static const char *files[4];
static struct cs_options options = {.files = files};

static void prepare(void)
{
    scratch_capture(STDERR_FILENO);
    scratch_capture(STDOUT_FILENO);
}

TestSuite(report, .init = prepare, .fini = scratch_remove);

static void add(const char *name, const char *text)
{
    if (text)
        scratch_write(name, text, 0600);
    files[options.file_count++] = strdup(scratch_path(name));
}

static void expect(int status, const char *on_stdout, const char *on_stderr)
{
    char *out, *err;

    cr_expect_eq(cs_report(&options), status);
    fflush(stdout);
    out = scratch_captured(STDOUT_FILENO);
    err = scratch_captured(STDERR_FILENO);
    cr_expect(strstr(out, on_stdout), "stdout: %s", out);
    cr_expect(*on_stdout || !*out, "stdout: %s", out);
    cr_expect(strstr(err, on_stderr), "stderr: %s", err);
    cr_expect(*on_stderr || !*err, "stderr: %s", err);
    free(out);
    free(err);
}

Test(report, text)
{
    add("a", HEADER);
    expect(0, "h\n0 connections, 0 failed, 0 lost\n", "");
}

Test(report, json)
{
    add("a", HEADER);
    options.json = true;
    expect(0, "{\"schema\":1,\"hosts\":[\"h\"],", "");
}

Test(report, one_bad_file_hides_no_other)
{
    add("missing", NULL);
    add("a", HEADER);
    expect(1, "0 connections", "No such file or directory\n");
}

Test(report, nothing_to_tell)
{
    add("a", "");
    expect(1, "", "a: is empty\n");
}

Test(report, a_page)
{
    struct stat about;
    char *page;

    add("a", HEADER);
    options.html = strdup(scratch_path("page"));
    scratch_write("page", "<!DOCTYPE html><title>what was there</title>", 0644);
    expect(0, "", "");
    page = scratch_read("page");
    cr_expect_eq(strncmp(page, "<!doctype html>", 15), 0);
    cr_expect_eq(stat(options.html, &about), 0);
    cr_expect_eq(about.st_mode & 0777, 0600);
    free(page);
}

/* As `--html *.ndjson` would have it. */
Test(report, a_page_replaces_nothing_but_a_page)
{
    char *kept;

    add("a", HEADER);
    options.html = files[0];
    expect(1, "", "a: exists and is no page: remove it or name another file\n");
    kept = scratch_read("a");
    cr_expect_str_eq(kept, HEADER);
    free(kept);
    options.html = ".";
    cr_expect_eq(cs_report(&options), 1);
    kept = scratch_captured(STDERR_FILENO);
    cr_expect(strstr(kept, ".: is a directory"), "%s", kept);
    free(kept);
}

Test(report, a_page_to_standard_output)
{
    add("a", HEADER);
    options.html = "-";
    expect(0, "<!doctype html>", "");
}

Test(report, a_page_to_nowhere)
{
    char *page;

    add("a", HEADER);
    options.html = strdup(scratch_path("no-folder/page"));
    expect(1, "", "No such file or directory\n");
    options.html = "/dev/full";
    cr_expect_eq(cs_report(&options), 1);
    page = scratch_captured(STDERR_FILENO);
    cr_expect(strstr(page, "No space left on device"), "%s", page);
    free(page);
}
