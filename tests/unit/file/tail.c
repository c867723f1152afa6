/* SPDX-License-Identifier: MIT */
/* What is cut off, what is not, and what is refused. */
#include "user/file/tail.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/harness/scratch.h"

static int said;

static void hear(void *context, enum connspan_level level, const char *text)
{
    (void)context;
    (void)level;
    (void)text;
    said++;
}

static const struct cs_log log_to_test = {.fn = hear};

static int mend(const char *text, const char *title)
{
    int fd, error;

    scratch_write("a", text, 0600);
    fd = open(scratch_path("a"), O_RDWR | O_APPEND);
    error = cs_tail_mend(fd, "a", title, &log_to_test);
    close(fd);
    return error;
}

static void expect(const char *text, const char *title, const char *mended, int lines_said)
{
    char *found;

    said = 0;
    cr_expect_eq(mend(text, title), 0, "%s", text);
    found = scratch_read("a");
    cr_expect_str_eq(found, mended);
    cr_expect_eq(said, lines_said, "%s", text);
    free(found);
}

TestSuite(tail, .fini = scratch_remove);

Test(tail, cuts_off_what_has_no_end)
{
    expect("", NULL, "", 0);
    expect("{1}\n", NULL, "{1}\n", 0);
    expect("{1}\n{2}\n{\"entryType\":\"re", NULL, "{1}\n{2}\n", 1);
    expect("{1}\n{\"resourceSpans\":[", NULL, "{1}\n", 1);
    expect("{\"e", NULL, "", 1);
    expect("a,b\r\n1,2\r\n3,", "a,b\r\n", "a,b\r\n1,2\r\n", 1);
    expect("a,", "a,b\r\n", "", 1);
}

Test(tail, leaves_what_is_not_of_ours)
{
    expect("somebody's note", NULL, "somebody's note\n", 0);
    expect("{\"a\":1}\n{\"key\":\"my only", NULL, "{\"a\":1}\n{\"key\":\"my only\n", 0);
}

Test(tail, gives_a_long_line_an_end)
{
    static char text[100001];
    struct stat info;

    memset(text, '{', 100000);
    cr_expect_eq(mend(text, NULL), 0);
    stat(scratch_path("a"), &info);
    cr_expect_eq(info.st_size, 100001);
}

Test(tail, refuses_another_title)
{
    cr_expect_eq(mend("b,a\r\n1,2\r\n", "a,b\r\n"), -EEXIST);
    cr_expect_eq(said, 1);
}
