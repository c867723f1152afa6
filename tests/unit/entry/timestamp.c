/* SPDX-License-Identifier: MIT */
/* RFC 3339 as entries have it, as people write it, and what is none. */
#include <connspan/report.h>
#include <criterion/criterion.h>

#define NOON 1795262400000000000ull

Test(timestamp, as_entries_have_it)
{
    cr_expect_eq(connspan_timestamp_parse("2026-11-21T12:00:00.000000000Z"), NOON);
    cr_expect_eq(connspan_timestamp_parse("2026-11-21T12:00:00.123456789Z"), NOON + 123456789);
}

Test(timestamp, as_people_write_it)
{
    cr_expect_eq(connspan_timestamp_parse("2026-11-21T12:00:00Z"), NOON);
    cr_expect_eq(connspan_timestamp_parse("2026-11-21 12:00:00.5z"), NOON + 500000000);
    cr_expect_eq(connspan_timestamp_parse("2026-11-21T13:30:00+01:30"), NOON);
    cr_expect_eq(connspan_timestamp_parse("2026-11-21T04:00:00-08:00"), NOON);
    cr_expect_eq(connspan_timestamp_parse("2026-11-21T12:00:00.12345678999Z"), NOON + 123456789);
}

Test(timestamp, calendar)
{
    cr_expect_eq(connspan_timestamp_parse("1970-01-01T00:00:01Z"), 1000000000);
    cr_expect_eq(connspan_timestamp_parse("2000-02-29T00:00:00Z"), 951782400000000000ull);
    cr_expect_eq(connspan_timestamp_parse("2024-12-31T23:59:60Z"),
                 connspan_timestamp_parse("2025-01-01T00:00:00Z"));
    cr_expect_eq(connspan_timestamp_parse("2100-02-29T00:00:00Z"), 0);
    cr_expect_eq(connspan_timestamp_parse("2025-02-29T00:00:00Z"), 0);
}

Test(timestamp, others)
{
    static const char *const texts[] = {
        "",
        "1h",
        "2026",
        "2026-11-21",
        "2026-11-21T12:00:00",
        "2026-13-21T12:00:00Z",
        "2026-11-00T12:00:00Z",
        "2026-11-21T24:00:00Z",
        "2026-11-21T12:60:00Z",
        "2026-11-21T12:00:00.Z",
        "2026-11-21T12:00:00Zulu",
        "2026-11-21T12:00:00+1:00",
        "1969-12-31T23:59:59Z",
        "9999-01-01T00:00:00Z",
        "2026-11-21T12:00:00+",
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        cr_expect_eq(connspan_timestamp_parse(texts[i]), 0, "%s", texts[i]);
}
