/* SPDX-License-Identifier: MIT */
/* Rows compared whole, at the widths people have. */
#include "user/sink/table.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/sink/sample.h"

#define DOTS "\xe2\x80\xa6"

static void set_zone(void)
{
    setenv("TZ", "UTC", 1);
}

TestSuite(table, .init = set_zone);

static char *row(struct cs_sink sink, const struct connspan_entry *entry)
{
    struct cs_buf out = {0};

    cs_table.entry(&sink, &out, entry);
    cs_buf_add(&out, "", 1);
    return out.data;
}

static char *head(struct cs_sink sink)
{
    struct cs_buf out = {0};

    cs_table.header(&sink, &out, &sample_run);
    cs_buf_add(&out, "", 1);
    return out.data;
}

static void expect_row(int columns, const struct connspan_entry *entry, const char *line)
{
    char *text = row((struct cs_sink){.columns = columns}, entry);

    cr_expect_str_eq(text, line);
    free(text);
}

Test(table, rows_of_any_width)
{
    struct connspan_entry entry = sample_plain();

    expect_row(0, &entry,
               "00:00:00.123     100 psql            tcp://192.0.2.1:5432                     "
               "2.00ms      - 2.00ms ok\n");
    expect_row(120, &entry,
               "00:00:00.123     100 psql            tcp://192.0.2.1:5432                          "
               "2.00ms      - 2.00ms ok\n");
    expect_row(80, &entry,
               "00:00:00     100 psql       tcp://192.0." DOTS ":5432 2.00ms      - 2.00ms ok\n");
}

Test(table, rows_of_every_kind)
{
    struct connspan_entry entry = sample_tls();

    expect_row(0, &entry,
               "00:00:00.123     100 curl            https://example.com/                     "
               "2.00ms 22.7ms 25.0ms TLS 1.3 resumed retried x2\n");
    expect_row(100, &entry,
               "00:00:00.123     100 curl            https://example.com/      "
               "2.00ms 22.7ms 25.0ms TLS 1.3 resumed" DOTS "\n");
    entry = sample_failed();
    expect_row(100, &entry,
               "00:00:00.123     100 psql            tcp://192.0.2.1:5432      "
               "     -      - 2.00ms ECONNREFUSED\n");
    entry = sample_unknown();
    expect_row(100, &entry,
               "00:00:00.123       - -               tls://192.0.2.1:443       "
               "     - 22.7ms 25.0ms TLS ? server\n");
}

static void expect_result(const struct connspan_entry *entry, const char *result)
{
    char *text = row((struct cs_sink){0}, entry);
    size_t length = strlen(text), tail = strlen(result);

    cr_expect(length > tail + 2 && !strncmp(text + length - tail - 2, " ", 1) &&
                  !strncmp(text + length - tail - 1, result, tail),
              "%s, not %s", text, result);
    free(text);
}

Test(table, results)
{
    struct connspan_entry entry = sample_tls();

    entry.tls.resumed = 0;
    entry.connection.syn_retransmits = 0;
    expect_result(&entry, "TLS 1.3");
    entry.connection.outcome = CONNSPAN_FAILED;
    entry.connection.error = (struct connspan_error){"tls", "bad_certificate", NULL};
    expect_result(&entry, "tls: bad_certificate");
    entry.connection.outcome = CONNSPAN_ABORTED;
    entry.connection.error = (struct connspan_error){"tls", "signal", "SIGKILL"};
    expect_result(&entry, "aborted: tls: signal");
    entry.connection.error = (struct connspan_error){"tcp", "closed", NULL};
    expect_result(&entry, "aborted: closed");
    entry.connection.outcome = CONNSPAN_UNFINISHED;
    entry.connection.error = (struct connspan_error){NULL, NULL, NULL};
    expect_result(&entry, "unfinished");
}

Test(table, hides_the_losers_of_a_race)
{
    struct connspan_entry entry = sample_plain();

    entry.connection.outcome = CONNSPAN_ABANDONED;
    expect_row(0, &entry, "");
}

Test(table, shows_nothing_that_moves_the_cursor)
{
    struct connspan_entry entry = sample_failed();
    char *text;

    entry.name = "tls://\x1b[2J.example:443";
    entry.process.comm = "a\nb\rc";
    entry.connection.error.code = "\x1b]0;title\a";
    text = row((struct cs_sink){0}, &entry);
    cr_expect_null(strpbrk(text, "\x1b\r\a"), "%s", text);
    cr_expect_eq(strchr(text, '\n'), text + strlen(text) - 1);
    free(text);
}

Test(table, header_names_the_columns_above_the_rows)
{
    static const int widths[] = {0, 70, 80, 100, 120, 200};

    for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
        struct connspan_entry entry = sample_plain();
        char *header = head((struct cs_sink){.columns = widths[i]});
        char *names = strchr(header, '\n') + 1;
        char *line;

        entry.name = "n";
        line = row((struct cs_sink){.columns = widths[i]}, &entry);
        cr_expect_eq(strstr(names, "COMM") - names, strstr(line, "psql") - line);
        cr_expect_eq(strstr(names, "NAME") - names, strstr(line, " n ") + 1 - line);
        cr_expect_eq(strstr(names, "TCP") + 3 - names, strstr(line, "2.00ms") + 6 - line);
        cr_expect_eq(strstr(names, "TLS") + 3 - names, strstr(line, " - ") + 2 - line);
        cr_expect_eq(strstr(names, "RESULT") - names, strstr(line, "ok") - line);
        free(header);
        free(line);
    }
}

Test(table, header_says_what_the_run_sees)
{
    char *header = head((struct cs_sink){0});

    cr_expect(!strncmp(header,
                       "# connspan 0.1.0 on host, Linux 6.18.44: connect=fentry "
                       "state=tp_btf wire=cgroup_skb tls=uprobe_multi discovery=mmap2\n",
                       118),
              "%s", header);
    free(header);
}

Test(table, no_colour_unless_asked)
{
    struct connspan_entry entry = sample_failed();
    char *header = head((struct cs_sink){0}), *line = row((struct cs_sink){0}, &entry);

    cr_expect_null(strchr(header, '\033'));
    cr_expect_null(strchr(line, '\033'));
    free(header);
    free(line);
    header = head((struct cs_sink){.colour = true});
    line = row((struct cs_sink){.colour = true}, &entry);
    cr_expect_not_null(strstr(header, "\033[1mTIME"));
    cr_expect_not_null(strstr(line, "\033[31mECONNREFUSED\033[0m\n"));
    free(header);
    free(line);
}

Test(table, stats_are_one_line)
{
    struct connspan_loss losses[] = {{"ringConnection", 0}, {"output", 5}};
    struct connspan_stats stats = {7, 1, 5, losses, 2};
    struct cs_sink sink = {0};
    struct cs_buf out = {0};

    cs_table.stats(&sink, &out, &stats);
    cs_buf_add(&out, "", 1);
    cr_expect_str_eq(out.data, "# 7 entries, 1 failed, 5 lost: output=5\n");
    cs_buf_free(&out);
    stats.losses = NULL;
    stats.loss_count = stats.dropped = 0;
    cs_table.stats(&sink, &out, &stats);
    cs_buf_add(&out, "", 1);
    cr_expect_str_eq(out.data, "# 7 entries, 1 failed, 0 lost\n");
    cs_buf_free(&out);
}
