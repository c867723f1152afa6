/* SPDX-License-Identifier: MIT */
/* Every number has a text, whatever its sign. */
#include <connspan/error.h>
#include <criterion/criterion.h>
#include <errno.h>

TestSuite(error);

Test(error, texts)
{
    cr_expect_str_eq(connspan_error_text(0), "no error");
    cr_expect(strstr(connspan_error_text(-EBUSY), "InvalidModificationError"));
    cr_expect(strstr(connspan_error_text(EINVAL), "TypeError"));
    cr_expect_str_eq(connspan_error_text(-ENOSPC), strerror(ENOSPC));
    cr_expect_str_eq(connspan_error_text(-99999), "unknown error");
}
