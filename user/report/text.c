/* SPDX-License-Identifier: MIT */
/* The report for a terminal: a summary, one table per grouping; the slowest are drawn elsewhere. */
#include "user/report/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "user/sink/cell.h"

#define COLUMNS_DEFAULT 100
#define COUNT_WIDTH     12
#define SPAN_WIDTH      6
#define DURATION_WIDTH  8
#define SPANS_WIDTH     (2 + SPAN_WIDTH + 4 * DURATION_WIDTH)
#define KEY_MIN_WIDTH   16
#define KEY_MAX_WIDTH   64
#define FLUSH_BYTES     16384

void cs_text_colour(struct cs_text *text, const char *colour)
{
    if (text->colour)
        cs_buf_text(&text->out->buf, colour);
}

static void put_title(struct cs_text *text, const char *title)
{
    cs_text_colour(text, CS_TEXT_BOLD);
    cs_buf_text(&text->out->buf, title);
    cs_text_colour(text, CS_TEXT_PLAIN);
}

/* 1234567 as 1,234,567 */
static void format_count(uint64_t count, char text[32])
{
    char digits[24];
    int length = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)count);
    char *at = text;

    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *at++ = ',';
        *at++ = digits[i];
    }
    *at = '\0';
}

static void put_count(struct cs_text *text, uint64_t count, size_t width)
{
    char digits[32];

    format_count(count, digits);
    cs_cell_right(&text->out->buf, digits, width);
}

/* ---- summary ------------------------------------------------------------------------------- */

/* In the time zone of who looks at it, as record's table has it. */
static void format_moment(uint64_t unix_ns, const char *form, char *text, size_t room)
{
    time_t seconds = (time_t)(unix_ns / 1000000000);
    struct tm local = {0};

    localtime_r(&seconds, &local);
    if (!strftime(text, room, form, &local))
        text[0] = '\0';
}

static void put_period(struct cs_text *text, const struct cs_totals *totals)
{
    struct cs_buf *out = &text->out->buf;
    char from[64], to[64];

    if (!totals->entries)
        return;
    format_moment(totals->first_unix_ns, "%F %T", from, sizeof(from));
    format_moment(totals->last_unix_ns, "%F %T %Z", to, sizeof(to));
    cs_buf_format(out, ", %s to %s", from, to);
}

static void put_origin(struct cs_text *text, const struct connspan_report *report)
{
    struct cs_buf *out = &text->out->buf;
    char digits[32];

    for (size_t i = 0; i < report->hosts.used && i < 4; i++) {
        cs_buf_text(out, i ? ", " : "");
        cs_cell_text(out, report->hosts.items[i].name, CS_TALLY_NAME_BYTES, CS_CUT_END);
    }
    if (report->hosts.used > 4)
        cs_buf_format(out, " and %zu more hosts", report->hosts.used - 4);
    put_period(text, &report->totals);
    if (report->totals.left_out) {
        format_count(report->totals.left_out, digits);
        cs_buf_format(out, "; %s entries of other times left out", digits);
    }
    cs_buf_text(out, "\n");
}

static void put_also(struct cs_text *text, uint64_t count, const char *what)
{
    char digits[32];

    format_count(count, digits);
    if (count)
        cs_buf_format(&text->out->buf, ", %s %s", digits, what);
}

static void put_counts(struct cs_text *text, const struct connspan_report *report)
{
    const struct cs_row *all = &report->all;
    struct cs_buf *out = &text->out->buf;
    uint64_t lost = 0;
    char digits[32];

    format_count(all->connections, digits);
    cs_buf_format(out, "%s connections", digits);
    format_count(all->failed, digits);
    cs_buf_format(out, ", %s failed", digits);
    if (all->failed)
        cs_buf_format(out, " (%.2f %%)", 100.0 * (double)all->failed / (double)all->connections);
    put_also(text, all->failed_later, "failed later (requests, late handshakes)");
    put_also(text, report->totals.unfinished, "unfinished");
    put_also(text, report->totals.abandoned, "abandoned (in no table)");
    for (size_t i = 0; i < report->losses.used; i++)
        lost += report->losses.items[i].count;
    format_count(lost, digits);
    cs_buf_format(out, ", %s lost", digits);
    for (size_t i = 0; i < report->losses.used; i++) {
        if (report->losses.items[i].count) {
            cs_buf_text(out, " ");
            cs_cell_text(out, report->losses.items[i].name, CS_TALLY_NAME_BYTES, CS_CUT_END);
            cs_buf_format(out, "=%llu", (unsigned long long)report->losses.items[i].count);
        }
    }
    cs_buf_text(out, "\n");
}

static void put_failures(struct cs_text *text, const struct connspan_report *report)
{
    struct cs_tally failures = report->failures;

    if (!cs_tally_total(&failures))
        return;
    cs_tally_sort(&failures);
    cs_buf_text(&text->out->buf, "\n");
    put_title(text, "FAILURES\n");
    for (size_t i = 0; i < failures.used; i++) {
        put_count(text, failures.items[i].count, COUNT_WIDTH);
        cs_buf_text(&text->out->buf, "  ");
        cs_cell_text(&text->out->buf, failures.items[i].name, CS_TALLY_NAME_BYTES, CS_CUT_END);
        cs_buf_text(&text->out->buf, "\n");
    }
    if (failures.others) {
        put_count(text, failures.others, COUNT_WIDTH);
        cs_buf_text(&text->out->buf, "  other reasons\n");
    }
}

/* ---- tables -------------------------------------------------------------------------------- */

static size_t counts_width(const struct cs_text *text)
{
    return (text->later ? 3 : 2) * COUNT_WIDTH;
}

static size_t key_width(const struct cs_text *text)
{
    size_t figures = counts_width(text) + SPANS_WIDTH;
    size_t width = text->columns > figures ? text->columns - figures : 0;

    return width < KEY_MIN_WIDTH ? KEY_MIN_WIDTH : width > KEY_MAX_WIDTH ? KEY_MAX_WIDTH : width;
}

static void put_heading(struct cs_text *text, const char *by)
{
    static const char *const titles[] = {"P50", "P90", "P99", "MAX"};
    struct cs_buf *out = &text->out->buf;

    cs_buf_text(out, "\n");
    cs_text_colour(text, CS_TEXT_BOLD);
    cs_cell_left(out, by, key_width(text), CS_CUT_END);
    cs_cell_right(out, "CONNECTIONS", COUNT_WIDTH);
    cs_cell_right(out, "FAILED", COUNT_WIDTH);
    if (text->later)
        cs_cell_right(out, "LATER", COUNT_WIDTH);
    cs_cell_left(out, "", 2 + SPAN_WIDTH, CS_CUT_END);
    for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
        cs_cell_right(out, titles[i], DURATION_WIDTH);
    cs_text_colour(text, CS_TEXT_PLAIN);
    cs_buf_text(out, "\n");
}

static void put_span(struct cs_text *text, const char *name, const struct cs_sketch *span)
{
    static const unsigned permilles[] = {500, 900, 990};
    struct cs_buf *out = &text->out->buf;

    cs_buf_text(out, "  ");
    cs_cell_left(out, name, SPAN_WIDTH, CS_CUT_END);
    for (size_t i = 0; i < sizeof(permilles) / sizeof(permilles[0]); i++)
        cs_cell_duration(out, cs_sketch_quantile(span, permilles[i]), DURATION_WIDTH);
    cs_cell_duration(out, span->max_ns, DURATION_WIDTH);
}

/* The total of plain connections is their TCP: said once. */
static bool is_told(const struct cs_row *row, enum cs_span span)
{
    bool alone = !row->spans[CS_SPAN_DNS].count && !row->spans[CS_SPAN_TLS].count;

    return row->spans[span].count && !(span == CS_SPAN_TOTAL && alone);
}

static void put_row(struct cs_text *text, const char *key, const struct cs_row *row)
{
    static const char *const names[CS_SPAN_COUNT] = {"DNS", "TCP", "TLS", "total"};
    struct cs_buf *out = &text->out->buf;
    bool first = true;

    cs_cell_left(out, key, key_width(text) - 1, CS_CUT_MIDDLE);
    cs_buf_text(out, " ");
    put_count(text, row->connections, COUNT_WIDTH);
    put_count(text, row->failed, COUNT_WIDTH);
    if (text->later)
        put_count(text, row->failed_later, COUNT_WIDTH);
    for (size_t i = 0; i < CS_SPAN_COUNT; i++) {
        if (!is_told(row, i))
            continue;
        if (!first)
            cs_cell_left(out, "", key_width(text) + counts_width(text), CS_CUT_END);
        put_span(text, names[i], &row->spans[i]);
        cs_buf_text(out, "\n");
        first = false;
    }
    if (first)
        cs_buf_text(out, "\n");
    cs_report_flush(text->out, FLUSH_BYTES);
}

/* A container's id is told by its first 12 digits, as the container engines do. */
static void put_keyed(struct cs_text *text, enum connspan_report_by by, const struct cs_row *row)
{
    char key[16];

    if (by == CONNSPAN_BY_CONTAINER && strlen(row->key) == 64) {
        snprintf(key, sizeof(key), "%.12s", row->key);
        put_row(text, key, row);
    } else {
        put_row(text, row->key, row);
    }
}

static int put_table(struct cs_text *text, const struct connspan_report *report,
                     enum connspan_report_by by, uint32_t limit)
{
    static const char *const titles[CONNSPAN_BY_COUNT] = {"BY NAME", "BY PROGRAM", "BY REMOTE",
                                                          "BY CONTAINER"};
    struct cs_report_rows rows;
    int err = cs_report_rows(report, by, limit, &rows);
    char key[64];

    if (err)
        return err;
    put_heading(text, titles[by]);
    for (size_t i = 0; i < rows.count; i++)
        put_keyed(text, by, rows.rows[i]);
    if (rows.rest_rows) {
        snprintf(key, sizeof(key), "(%llu others)", (unsigned long long)rows.rest_rows);
        put_row(text, key, &rows.rest);
    }
    if (report->groups[by].missed)
        cs_buf_format(&text->out->buf,
                      "Too many to count each: a row may lack up to %llu connections, which "
                      "\"others\" has.\n",
                      (unsigned long long)report->groups[by].missed);
    cs_report_rows_free(&rows);
    return 0;
}

int connspan_report_text(const struct connspan_report *report,
                         const struct connspan_report_style *style, connspan_put_fn put,
                         void *context)
{
    struct cs_report_out out = {.put = put, .context = context};
    struct cs_text text = {
        .out = &out,
        .colour = style->colour,
        .later = report->all.failed_later,
        .columns = style->columns > 0 ? (size_t)style->columns : COLUMNS_DEFAULT,
    };
    int err = 0;

    put_origin(&text, report);
    put_counts(&text, report);
    put_failures(&text, report);
    if (report->all.connections) {
        put_heading(&text, "ALL");
        put_row(&text, "", &report->all);
    }
    for (enum connspan_report_by by = 0; by < CONNSPAN_BY_COUNT && !err; by++) {
        if (cs_report_has(report, by) && report->groups[by].rows.count)
            err = put_table(&text, report, by, style->rows);
    }
    if (!err)
        err = cs_text_slowest(&text, report);
    if (err)
        out.error = err;
    return cs_report_finish(&out);
}
