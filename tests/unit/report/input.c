/* SPDX-License-Identifier: MIT */
/* Files of every kind, from a folder of the test's own. */
#include "user/report/input.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "tests/harness/scratch.h"

static char told[512];

static void on_log(void *context, enum connspan_level level, const char *text)
{
    (void)context, (void)level;
    snprintf(told, sizeof(told), "%s", text);
}

static const struct cs_log quiet = {.fn = on_log};
static struct cs_input *input;

static void clear(void)
{
    cs_input_close(input);
    scratch_remove();
}

TestSuite(input, .fini = clear);

static void start(const char *name)
{
    cr_assert_eq(cs_input_open(scratch_path(name), &quiet, &input), 0, "%s", told);
}

static void expect_line(const char *text, bool torn)
{
    struct cs_input_line line;

    cr_assert_eq(cs_input_next(input, &line), 1, "no line, but %s", text);
    cr_expect(line.length == strlen(text) && !memcmp(line.text, text, line.length), "%.*s",
              (int)line.length, line.text);
    cr_expect_eq(line.torn, torn);
}

static int next(void)
{
    struct cs_input_line line;

    return cs_input_next(input, &line);
}

Test(input, lines)
{
    scratch_write("f", "one\n\nthree\nfour", 0600);
    start("f");
    expect_line("one", false);
    expect_line("", false);
    expect_line("three", false);
    expect_line("four", true);
    cr_expect_eq(next(), 0);
}

Test(input, empty)
{
    scratch_write("f", "", 0600);
    start("f");
    cr_expect_eq(next(), 0);
}

Test(input, more_than_the_buffer)
{
    FILE *file = fopen(scratch_path("f"), "w");
    struct cs_input_line line;
    uint64_t done, total;

    for (int i = 0; i < 50000; i++)
        fprintf(file, "%0*d\n", i % 200 + 5, i);
    fclose(file);
    start("f");
    for (int i = 0; i < 50000; i++) {
        cr_assert_eq(cs_input_next(input, &line), 1);
        cr_assert_eq(atoi(line.text), i);
        cr_assert_eq(line.length, (size_t)(i % 200 + 5));
    }
    cr_expect_eq(next(), 0);
    cs_input_progress(input, &done, &total);
    cr_expect_eq(done, total);
    cr_expect_gt(total, 5000000);
}

static void write_gzip(const char *name, int lines)
{
    gzFile file = gzopen(scratch_path(name), "wb");

    for (int i = 0; i < lines; i++)
        gzprintf(file, "line %d\n", i);
    gzclose(file);
}

Test(input, gzip)
{
    write_gzip("f", 2);
    start("f");
    expect_line("line 0", false);
    expect_line("line 1", false);
    cr_expect_eq(next(), 0);
}

/* What was compressed before is given, then the error. */
Test(input, truncated_gzip)
{
    struct stat about;
    int got, lines = 0;

    write_gzip("f", 100000);
    stat(scratch_path("f"), &about);
    cr_assert_eq(truncate(scratch_path("f"), about.st_size / 2), 0);
    start("f");
    while ((got = next()) > 0)
        lines++;
    cr_expect_eq(got, -EBADMSG);
    cr_expect_gt(lines, 1000);
    cr_expect(strstr(told, "ends in the middle"), "%s", told);
}

Test(input, damaged_gzip)
{
    int fd, got;

    write_gzip("f", 100000);
    fd = open(scratch_path("f"), O_WRONLY | O_CLOEXEC);
    cr_assert_eq(pwrite(fd, "damaged!", 8, 3000), 8);
    close(fd);
    start("f");
    while ((got = next()) > 0)
        ;
    cr_expect_eq(got, -EBADMSG);
    cr_expect(strstr(told, "f: damaged gzip data: ") && !strchr(told, '<'), "%s", told);
}

Test(input, a_line_without_end)
{
    FILE *file = fopen(scratch_path("f"), "w");

    for (size_t i = 0; i < CS_INPUT_LINE_BYTES + 10; i++)
        putc('x', file);
    fclose(file);
    start("f");
    cr_expect_eq(next(), -E2BIG);
}

Test(input, what_is_no_file)
{
    struct cs_input *none = NULL;

    scratch_write("f", "", 0600);
    cr_expect_eq(cs_input_open(scratch_path("."), &quiet, &none), -EISDIR);
    cr_expect(strstr(told, "is a directory"));
    cr_expect_eq(cs_input_open(scratch_path("missing"), &quiet, &none), -ENOENT);
    cr_expect(strstr(told, "No such file"));
    cr_expect_null(none);
}
