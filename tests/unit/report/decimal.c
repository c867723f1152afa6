/* SPDX-License-Identifier: MIT */
/* Numbers of JSON, as connspan writes them and as others may. */
#include "user/report/decimal.h"

#include <connspan/entry.h>
#include <criterion/criterion.h>
#include <string.h>

static uint64_t ms(const char *text)
{
    return cs_decimal_ms(text, strlen(text));
}

static uint64_t number(const char *text)
{
    return cs_decimal_number(text, strlen(text));
}

Test(decimal, milliseconds_are_exact)
{
    cr_expect_eq(ms("218.106220"), 218106220);
    cr_expect_eq(ms("0.000001"), 1);
    cr_expect_eq(ms("0"), 0);
    cr_expect_eq(ms("86400000.5"), 86400000500000ull);
    cr_expect_eq(ms("1.23456789"), 1234567);
    cr_expect_eq(ms("9007199254.740993"), 9007199254740993ull);
}

Test(decimal, other_forms_of_json)
{
    cr_expect_eq(ms("1e3"), 1000000000);
    cr_expect_eq(ms("2.5E-1"), 250000);
    cr_expect_eq(ms("-1"), CONNSPAN_UNKNOWN);
    cr_expect_eq(ms("1e300"), CONNSPAN_UNKNOWN);
    cr_expect_eq(ms("99999999999999999999999999999999999999999999999999999999999999999999"),
                 CONNSPAN_UNKNOWN);
}

Test(decimal, counts)
{
    cr_expect_eq(number("65535"), 65535);
    cr_expect_eq(number("-1"), 0);
    cr_expect_eq(number("1.5"), 0);
    cr_expect_eq(number("99999999999999999999"), 0);
}
