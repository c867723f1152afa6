/* SPDX-License-Identifier: MIT */
/* Rows as a reader of RFC 4180 sees them. That others read them is tests/live/test_formats.py's. */
#include "user/sink/csv.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/sink/sample.h"

enum { CELLS = 64 };

struct row {
    char *cells[CELLS];
    size_t count;
};

/* Splits a record in place, as RFC 4180 says. */
static struct row split(char *text)
{
    struct row row = {.count = 0};
    char *to = text;

    while (row.count < CELLS) {
        bool quoted = *text == '"';

        row.cells[row.count++] = to;
        text += quoted;
        while (quoted ? text[0] != '"' || text[1] == '"' : *text != ',' && *text != '\r') {
            text += quoted && *text == '"';
            *to++ = *text++;
        }
        text += quoted;
        if (*text != ',')
            break;
        text++;
        *to++ = '\0';
    }
    cr_expect_str_eq(text, "\r\n");
    *to = '\0';
    return row;
}

static struct row title;

static struct row row_of(const struct connspan_entry *entry)
{
    struct cs_sink sink = {0};
    struct cs_buf head = {0}, out = {0};

    cs_csv.header(&sink, &head, &sample_run);
    cs_buf_add(&head, "", 1);
    title = split(head.data);
    cs_csv.entry(&sink, &out, entry);
    cs_buf_add(&out, "", 1);
    return split(out.data);
}

static void expect_cell(const struct row *row, const char *name, const char *value)
{
    for (size_t i = 0; i < title.count; i++) {
        if (strcmp(title.cells[i], name) == 0) {
            cr_expect_str_eq(row->cells[i], value, "%s: %s", name, row->cells[i]);
            return;
        }
    }
    cr_assert_fail("no column %s", name);
}

Test(csv, a_look_up_that_failed_took_its_time)
{
    struct connspan_entry entry = sample_no_name();
    struct row row = row_of(&entry);

    expect_cell(&row, "dnsMs", "2.000000");
    expect_cell(&row, "tcpMs", "");
}

Test(csv, every_row_has_every_column)
{
    struct connspan_entry entries[] = {sample_plain(), sample_tls(), sample_failed(),
                                       sample_unknown()};

    for (size_t i = 0; i < 4; i++) {
        struct row row = row_of(&entries[i]);

        cr_expect_eq(row.count, title.count);
    }
}

/* Scripts name columns by number, too: what is here may not move. */
Test(csv, columns_stay_where_they_are)
{
    struct connspan_entry entry = sample_plain();

    row_of(&entry);
    cr_expect_str_eq(title.cells[0], "timestamp");
    cr_expect_str_eq(title.cells[1], "name");
    cr_expect_str_eq(title.cells[7], "tcpMs");
    cr_expect_str_eq(title.cells[44], "preexisting");
    cr_expect_geq(title.count, 45);
}

Test(csv, writes_what_is_known)
{
    struct connspan_entry entry = sample_tls();
    struct row row = row_of(&entry);

    expect_cell(&row, "timestamp", "2026-01-01T00:00:00.123456789Z");
    expect_cell(&row, "name", "https://example.com/");
    expect_cell(&row, "tcpMs", "2.000000");
    expect_cell(&row, "tlsMs", "22.750000");
    expect_cell(&row, "totalMs", "25.000000");
    expect_cell(&row, "uid", "0");
    expect_cell(&row, "resumed", "1");
    expect_cell(&row, "earlyData", "0");
    expect_cell(&row, "connectionId", "9007199254740993");
    expect_cell(&row, "errorCode", "");
}

Test(csv, leaves_empty_what_is_not_known)
{
    struct connspan_entry entry = sample_unknown();
    struct row row = row_of(&entry);

    expect_cell(&row, "dnsMs", "");
    expect_cell(&row, "tcpMs", "");
    expect_cell(&row, "tcpEstablished", "");
    expect_cell(&row, "resumed", "");
    expect_cell(&row, "uid", "");
    expect_cell(&row, "remotePort", "");
    expect_cell(&row, "role", "server");
}

Test(csv, says_why_it_failed)
{
    struct connspan_entry entry = sample_failed();
    struct row row = row_of(&entry);

    expect_cell(&row, "outcome", "failed");
    expect_cell(&row, "errorPhase", "tcp");
    expect_cell(&row, "errorCode", "ECONNREFUSED");
    expect_cell(&row, "tlsVersion", "");
}

/* A process chooses its name: neither a new column nor a new line may come of it. */
Test(csv, quotes_what_would_break_a_row)
{
    struct connspan_entry entry = sample_plain();
    struct row row;

    entry.process.comm = "a,\"b\"\r\nc\xff\xc3\xa9";
    row = row_of(&entry);
    cr_expect_eq(row.count, title.count);
    expect_cell(&row, "comm",
                "a,\"b\"\xef\xbf\xbd\xef\xbf\xbd"
                "c\xef\xbf\xbd\xc3\xa9");
}
