/* SPDX-License-Identifier: MIT */
/* The growing buffer: content, the limit, and that a failure stays until it is cleared. */
#include "user/base/buf.h"

#include <criterion/criterion.h>
#include <string.h>

Test(buf, grows_and_keeps_what_it_has)
{
    struct cs_buf buf = {0};

    for (int i = 0; i < 1000; i++)
        cs_buf_format(&buf, "%03d,", i);
    cr_assert_eq(buf.length, 4000);
    cr_expect_eq(memcmp(buf.data, "000,001,", 8), 0);
    cr_expect_eq(memcmp(buf.data + 3996, "999,", 4), 0);
    cr_expect_not(buf.failed);
    cs_buf_free(&buf);
}

Test(buf, a_limit_is_a_limit)
{
    struct cs_buf buf = {.limit = 8};

    cs_buf_text(&buf, "12345678");
    cr_expect_not(buf.failed);
    cs_buf_text(&buf, "9");
    cr_expect(buf.failed);
    cr_expect_eq(buf.length, 8);
    cs_buf_clear(&buf);
    cs_buf_text(&buf, "again");
    cr_expect_not(buf.failed);
    cr_expect_eq(buf.length, 5);
    cs_buf_free(&buf);
}

Test(buf, nothing_is_written_behind_a_failure)
{
    struct cs_buf buf = {.limit = 4};

    cs_buf_text(&buf, "too long");
    cs_buf_text(&buf, "abc");
    cr_expect(buf.failed);
    cr_expect_eq(buf.length, 0);
    cs_buf_free(&buf);
}
