/* SPDX-License-Identifier: MIT */
/*
 * The HTML page: what stands in user/report/page/, with the data as JSON in its middle. Strings of
 * entries are data only: every '<' in them is written as \u003c, so that nothing can end the script
 * element, and the page's script puts them into text nodes.
 */
#include <errno.h>
#include <page_parts.h>
#include <stdlib.h>
#include <string.h>

#include "user/report/dictionary.h"
#include "user/report/report_json.h"
#include "user/sink/json.h"

#define FLUSH_BYTES 16384
#define NS_PER_US   1000
#define NS_PER_MS   1000000

/* Entries of one kind: the sample, or the slowest. */
struct set {
    struct cs_kept *const *items;
    size_t count;
    uint32_t *words[CS_KEPT_TEXTS]; /* numbers of their texts */
};

struct page {
    struct cs_report_out out;
    const struct connspan_report *report;
    struct cs_dictionary words[CS_KEPT_TEXTS];
    struct cs_kept **picked; /* the slowest */
    struct set entries;
    struct set slowest;
    uint64_t base_ms;
};

/* ---- texts --------------------------------------------------------------------------------- */

static int number_words(struct page *page, struct set *set)
{
    for (size_t text = 0; text < CS_KEPT_TEXTS; text++) {
        set->words[text] = malloc((set->count + 1) * sizeof(uint32_t));
        if (!set->words[text])
            return -ENOMEM;
        for (size_t i = 0; i < set->count; i++) {
            int64_t number =
                cs_dictionary_number(&page->words[text], cs_kept_text(set->items[i], text));

            if (number < 0)
                return -ENOMEM;
            set->words[text][i] = (uint32_t)number;
        }
    }
    return 0;
}

static const char *const word_names[CS_KEPT_TEXTS] = {
    [CS_KEPT_NAME] = "name",           [CS_KEPT_COMM] = "comm",     [CS_KEPT_REMOTE] = "remote",
    [CS_KEPT_CONTAINER] = "container", [CS_KEPT_RESULT] = "result",
};

static void put_words(struct page *page)
{
    struct cs_buf *out = &page->out.buf;

    cs_buf_text(out, ",\"words\":{");
    for (size_t text = 0; text < CS_KEPT_TEXTS; text++) {
        cs_buf_format(out, "%s\"%s\":[", text ? "," : "", word_names[text]);
        for (size_t i = 0; i < page->words[text].count; i++) {
            cs_buf_text(out, i ? "," : "");
            cs_json_text(out, page->words[text].words[i]->text);
            cs_report_flush(&page->out, FLUSH_BYTES);
        }
        cs_buf_text(out, "]");
    }
    cs_buf_text(out, "}");
}

/* ---- columns ------------------------------------------------------------------------------- */

/* A value of one entry; negative: none. */
typedef int64_t (*column_fn)(const struct page *page, const struct cs_kept *kept, size_t which);

static int64_t start_of(const struct page *page, const struct cs_kept *kept, size_t which)
{
    (void)which;
    return (int64_t)(kept->unix_ns / NS_PER_MS - page->base_ms);
}

static int64_t duration_of(const struct page *page, const struct cs_kept *kept, size_t which)
{
    (void)page, (void)which;
    return (int64_t)(kept->duration_ns / NS_PER_US);
}

static int64_t mark_of(const struct page *page, const struct cs_kept *kept, size_t which)
{
    (void)page;
    if (kept->marks_ns[which] == CONNSPAN_UNKNOWN)
        return -1;
    return (int64_t)(kept->marks_ns[which] / NS_PER_US);
}

static int64_t order_of(const struct page *page, const struct cs_kept *kept, size_t which)
{
    (void)page, (void)which;
    return (int64_t)kept->order;
}

static int64_t pid_of(const struct page *page, const struct cs_kept *kept, size_t which)
{
    (void)page, (void)which;
    return kept->pid;
}

static int64_t syn_of(const struct page *page, const struct cs_kept *kept, size_t which)
{
    (void)page, (void)which;
    return kept->syn_retransmits;
}

static int64_t bad_of(const struct page *page, const struct cs_kept *kept, size_t which)
{
    (void)page, (void)which;
    return kept->failed;
}

static const struct {
    const char *name;
    column_fn value;
    size_t which;
} columns[] = {
    {"start", start_of, 0},
    {"duration", duration_of, 0},
    {"dnsStart", mark_of, CS_KEPT_DNS_START},
    {"dnsEnd", mark_of, CS_KEPT_DNS_END},
    {"connect", mark_of, CS_KEPT_CONNECT},
    {"established", mark_of, CS_KEPT_ESTABLISHED},
    {"tlsStart", mark_of, CS_KEPT_TLS_START},
    {"tlsEnd", mark_of, CS_KEPT_TLS_END},
    {"order", order_of, 0},
    {"pid", pid_of, 0},
    {"syn", syn_of, 0},
    {"bad", bad_of, 0},
};

static void put_integer(struct cs_buf *out, int64_t value)
{
    if (value < 0)
        cs_buf_text(out, "-1");
    else
        cs_json_number(out, (uint64_t)value);
}

static void put_set(struct page *page, const char *name, const struct set *set)
{
    struct cs_buf *out = &page->out.buf;

    cs_buf_format(out, ",\"%s\":{", name);
    for (size_t c = 0; c < sizeof(columns) / sizeof(columns[0]); c++) {
        cs_buf_format(out, "%s\"%s\":[", c ? "," : "", columns[c].name);
        for (size_t i = 0; i < set->count; i++) {
            cs_buf_text(out, i ? "," : "");
            put_integer(out, columns[c].value(page, set->items[i], columns[c].which));
            cs_report_flush(&page->out, FLUSH_BYTES);
        }
        cs_buf_text(out, "]");
    }
    for (size_t text = 0; text < CS_KEPT_TEXTS; text++) {
        cs_buf_format(out, ",\"%s\":[", word_names[text]);
        for (size_t i = 0; i < set->count; i++) {
            cs_buf_text(out, i ? "," : "");
            cs_json_number(out, set->words[text][i]);
            cs_report_flush(&page->out, FLUSH_BYTES);
        }
        cs_buf_text(out, "]");
    }
    cs_buf_text(out, "}");
}

/* ---- the page ------------------------------------------------------------------------------ */

/* The real destination, behind one that hides every '<' of the data. */
struct guard {
    connspan_put_fn put;
    void *context;
};

static int put_guarded(void *context, const char *text, size_t length)
{
    const struct guard *guard = context;
    const char *end = text + length;

    while (text < end) {
        const char *bracket = memchr(text, '<', (size_t)(end - text));
        size_t plain = (size_t)((bracket ? bracket : end) - text);
        int err = plain ? guard->put(guard->context, text, plain) : 0;

        if (!err && bracket)
            err = guard->put(guard->context, "\\u003c", 6);
        if (err)
            return err;
        text += plain + (bracket ? 1 : 0);
    }
    return 0;
}

static int put_data(struct page *page, uint32_t rows)
{
    struct cs_buf *out = &page->out.buf;
    int err;

    cs_buf_text(out, "{\"summary\":{");
    cs_report_json_summary(out, page->report);
    cs_buf_text(out, "},\"tables\":[");
    err = cs_report_json_tables(&page->out, page->report, rows);
    cs_buf_format(out, "],\"base\":%llu,\"offered\":%llu", (unsigned long long)page->base_ms,
                  (unsigned long long)page->report->sample.offered);
    put_words(page);
    put_set(page, "entries", &page->entries);
    put_set(page, "slowest", &page->slowest);
    cs_buf_text(out, "}");
    return err;
}

static int prepare(struct page *page)
{
    const struct connspan_report *report = page->report;

    page->base_ms = report->totals.first_unix_ns / NS_PER_MS;
    page->picked = cs_slowest_pick(&report->slowest, &report->failed);
    if (!page->picked)
        return -ENOMEM;
    page->entries = (struct set){.items = report->sample.items, .count = report->sample.count};
    page->slowest.items = page->picked;
    while (page->picked[page->slowest.count])
        page->slowest.count++;
    return number_words(page, &page->entries) || number_words(page, &page->slowest) ? -ENOMEM : 0;
}

static void release(struct page *page)
{
    for (size_t text = 0; text < CS_KEPT_TEXTS; text++) {
        free(page->entries.words[text]);
        free(page->slowest.words[text]);
        cs_dictionary_free(&page->words[text]);
    }
    free(page->picked);
}

int connspan_report_html(const struct connspan_report *report,
                         const struct connspan_report_style *style, connspan_put_fn put,
                         void *context)
{
    struct guard guard = {put, context};
    struct page page = {.report = report, .out = {.put = put_guarded, .context = &guard}};
    int err = prepare(&page), last;

    if (!err)
        err = put(context, (const char *)cs_page_head, sizeof(cs_page_head));
    if (!err)
        err = put_data(&page, style->rows);
    last = cs_report_finish(&page.out);
    if (!err)
        err = last ? last : put(context, (const char *)cs_page_tail, sizeof(cs_page_tail));
    release(&page);
    return err;
}
