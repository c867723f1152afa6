/* SPDX-License-Identifier: MIT */
/* The page is whole, needs nothing else, and nothing that an entry says can get out of its data. */
#include <connspan/report.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/scratch.h"
#include "tests/unit/report/lines.h"

static struct connspan_report_style style = {.size = sizeof(style), .rows = 20};
static struct connspan_report *report;
static FILE *page;
static char *text;
static size_t length;

static int put(void *context, const char *piece, size_t bytes)
{
    (void)context;
    return fwrite(piece, 1, bytes, page) == bytes ? 0 : -EIO;
}

static int refuse(void *context, const char *piece, size_t bytes)
{
    (void)context, (void)piece, (void)bytes;
    return -ENOSPC;
}

static void make(const char *name)
{
    struct connspan_report_options options = CONNSPAN_REPORT_OPTIONS;
    char lines[4096];

    options.sample = 10;
    snprintf(lines, sizeof(lines), "%s%s", HEADER, LINE(.tcp_ms = 1, .name = name));
    scratch_write("f", lines, 0600);
    cr_assert_eq(connspan_report_new(&options, &report), 0);
    cr_assert_eq(connspan_report_read(report, scratch_path("f")), 0);
    page = open_memstream(&text, &length);
    cr_assert_eq(connspan_report_html(report, &style, put, NULL), 0);
    fclose(page);
}

static void clear(void)
{
    connspan_report_free(report);
    free(text);
    scratch_remove();
}

TestSuite(page, .fini = clear);

static size_t count(const char *word)
{
    size_t found = 0;

    for (const char *at = text; (at = strstr(at, word)); at += strlen(word))
        found++;
    return found;
}

Test(page, whole)
{
    make("tcp://a:1");
    cr_expect_eq(strncmp(text, "<!doctype html>", 15), 0);
    cr_expect(strstr(text, "</html>"));
    cr_expect(strstr(text, "\"words\":{\"name\":[\"tcp://a:1\"]"));
    cr_expect_null(strstr(text, "{style}"), "the style was put in");
    cr_expect_null(strstr(text, "{script}"));
    cr_expect_null(strstr(text, "{data}"));
}

Test(page, needs_no_network)
{
    make("tcp://a:1");
    cr_expect_null(strstr(text, "http://"));
    cr_expect_null(strstr(text, "https://"));
    cr_expect_null(strstr(text, " src="));
    cr_expect_null(strstr(text, "@import"));
    cr_expect_null(strstr(text, "url("));
}

/* 3: the theme, the data, the program */
Test(page, data_stays_data)
{
    make("tcp://</script><script>alert(1)</script><!--:1");
    cr_expect_eq(count("</script>"), 3);
    cr_expect_eq(count("<!--"), 0);
    cr_expect(strstr(text, "tcp://\\u003c/script>\\u003cscript>"));
}

Test(page, markup_is_never_made_from_text)
{
    make("tcp://a:1");
    cr_expect_null(strstr(text, "innerHTML"));
    cr_expect_null(strstr(text, "outerHTML"));
    cr_expect_null(strstr(text, "insertAdjacentHTML"));
    cr_expect_null(strstr(text, "document.write"));
    cr_expect_null(strstr(text, "eval("));
}

Test(page, a_full_disk)
{
    make("tcp://a:1");
    cr_expect_eq(connspan_report_html(report, &style, refuse, NULL), -ENOSPC);
}
