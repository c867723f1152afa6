/* SPDX-License-Identifier: MIT */
/* The report as one JSON object; docs/report.md and docs/report.schema.json tell its form. Times
 * are milliseconds, as in entries. */
#include "user/report/report_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/sink/json.h"

#define FLUSH_BYTES 16384

static void put_key(struct cs_buf *out, const char *key)
{
    cs_buf_format(out, ",\"%s\":", key);
}

static void put_number(struct cs_buf *out, const char *key, uint64_t number)
{
    put_key(out, key);
    cs_json_number(out, number);
}

static void put_text(struct cs_buf *out, const char *key, const char *text)
{
    put_key(out, key);
    cs_json_text(out, text && *text ? text : NULL);
}

static void put_ms(struct cs_buf *out, const char *key, uint64_t ns)
{
    put_key(out, key);
    cs_json_ms(out, ns);
}

static void put_moment(struct cs_buf *out, const char *key, uint64_t unix_ns)
{
    put_key(out, key);
    if (unix_ns)
        cs_json_timestamp(out, unix_ns);
    else
        cs_json_text(out, NULL);
}

static void put_span(struct cs_buf *out, const char *key, const struct cs_sketch *span)
{
    put_key(out, key);
    if (!span->count) {
        cs_json_text(out, NULL);
        return;
    }
    cs_buf_text(out, "{\"count\":");
    cs_json_number(out, span->count);
    put_ms(out, "p50", cs_sketch_quantile(span, 500));
    put_ms(out, "p90", cs_sketch_quantile(span, 900));
    put_ms(out, "p99", cs_sketch_quantile(span, 990));
    put_ms(out, "max", span->max_ns);
    cs_buf_text(out, "}");
}

/* Without its opening brace and what stands before the figures. */
static void put_figures(struct cs_buf *out, const struct cs_row *row)
{
    cs_buf_text(out, "\"connections\":");
    cs_json_number(out, row->connections);
    put_number(out, "failed", row->failed);
    put_number(out, "failedLater", row->failed_later);
    for (size_t i = 0; i < CS_SPAN_COUNT; i++)
        put_span(out, cs_span_names[i], &row->spans[i]);
    cs_buf_text(out, "}");
}

static void put_hosts(struct cs_buf *out, const struct cs_tally *hosts)
{
    cs_buf_text(out, ",\"hosts\":[");
    for (size_t i = 0; i < hosts->used; i++) {
        cs_buf_text(out, i ? "," : "");
        cs_json_text(out, hosts->items[i].name);
    }
    cs_buf_text(out, "]");
}

static void put_losses(struct cs_buf *out, const struct cs_tally *losses)
{
    cs_buf_text(out, ",\"dropped\":{");
    for (size_t i = 0; i < losses->used; i++) {
        cs_buf_text(out, i ? "," : "");
        cs_json_text(out, losses->items[i].name);
        cs_buf_text(out, ":");
        cs_json_number(out, losses->items[i].count);
    }
    cs_buf_text(out, "}");
}

static void put_failure(struct cs_buf *out, const struct cs_tally_item *item)
{
    const char *colon = strstr(item->name, ": ");
    size_t length = colon ? (size_t)(colon - item->name) : 0;
    char phase[CS_TALLY_NAME_BYTES];

    memcpy(phase, item->name, length);
    phase[length] = '\0';
    cs_buf_text(out, "{\"phase\":");
    cs_json_text(out, strcmp(phase, "-") ? phase : NULL);
    put_text(out, "code", colon ? colon + 2 : item->name);
    put_number(out, "count", item->count);
    cs_buf_text(out, "}");
}

static void put_failures(struct cs_buf *out, const struct cs_tally *tally)
{
    struct cs_tally failures = *tally;

    cs_tally_sort(&failures);
    cs_buf_text(out, ",\"failures\":[");
    for (size_t i = 0; i < failures.used; i++) {
        cs_buf_text(out, i ? "," : "");
        put_failure(out, &failures.items[i]);
    }
    if (failures.others)
        cs_buf_format(out, "%s{\"phase\":null,\"code\":null,\"count\":%llu}",
                      failures.used ? "," : "", (unsigned long long)failures.others);
    cs_buf_text(out, "]");
}

void cs_report_json_summary(struct cs_buf *out, const struct connspan_report *report)
{
    const struct cs_totals *totals = &report->totals;

    cs_buf_format(out, "\"schema\":%d", CS_REPORT_SCHEMA);
    put_hosts(out, &report->hosts);
    put_moment(out, "from", totals->first_unix_ns);
    put_moment(out, "to", totals->last_unix_ns);
    put_number(out, "entries", totals->entries);
    put_number(out, "leftOut", totals->left_out);
    put_number(out, "abandoned", totals->abandoned);
    put_number(out, "unfinished", totals->unfinished);
    put_losses(out, &report->losses);
    put_failures(out, &report->failures);
    cs_buf_text(out, ",\"all\":{");
    put_figures(out, &report->all);
}

static void put_table(struct cs_report_out *out, const struct cs_report_rows *rows, const char *by,
                      uint64_t missed)
{
    cs_buf_text(&out->buf, "{\"by\":");
    cs_json_text(&out->buf, by);
    put_number(&out->buf, "missed", missed);
    cs_buf_text(&out->buf, ",\"rows\":[");
    for (size_t i = 0; i < rows->count; i++) {
        cs_buf_text(&out->buf, i ? ",{\"key\":" : "{\"key\":");
        cs_json_text(&out->buf, rows->rows[i]->key);
        cs_buf_text(&out->buf, ",");
        put_figures(&out->buf, rows->rows[i]);
        cs_report_flush(out, FLUSH_BYTES);
    }
    cs_buf_text(&out->buf, "],\"others\":");
    if (rows->rest_rows) {
        cs_buf_format(&out->buf, "{\"keys\":%llu,", (unsigned long long)rows->rest_rows);
        put_figures(&out->buf, &rows->rest);
    } else {
        cs_json_text(&out->buf, NULL);
    }
    cs_buf_text(&out->buf, "}");
}

int cs_report_json_tables(struct cs_report_out *out, const struct connspan_report *report,
                          uint32_t limit)
{
    const char *comma = "";

    for (enum connspan_report_by by = 0; by < CONNSPAN_BY_COUNT; by++) {
        struct cs_report_rows rows;

        if (!cs_report_has(report, by))
            continue;
        if (cs_report_rows(report, by, limit, &rows))
            return -ENOMEM;
        cs_buf_text(&out->buf, comma);
        put_table(out, &rows, cs_report_by_names[by], report->groups[by].missed);
        cs_report_rows_free(&rows);
        comma = ",";
    }
    return 0;
}

/* ---- slowest ------------------------------------------------------------------------------- */

static void put_mark(struct cs_buf *out, const char *key, const struct cs_kept *kept,
                     enum cs_kept_mark mark)
{
    put_ms(out, key, kept->marks_ns[mark]);
}

static void put_kept(struct cs_buf *out, const struct cs_kept *kept)
{
    cs_buf_text(out, "{\"name\":");
    cs_json_text(out, cs_kept_text(kept, CS_KEPT_NAME));
    put_moment(out, "timestamp", kept->unix_ns);
    put_ms(out, "duration", kept->duration_ns);
    put_key(out, "failed");
    cs_json_bool(out, kept->failed);
    put_text(out, "result", cs_kept_text(kept, CS_KEPT_RESULT));
    put_text(out, "comm", cs_kept_text(kept, CS_KEPT_COMM));
    put_number(out, "pid", kept->pid);
    put_text(out, "remote", cs_kept_text(kept, CS_KEPT_REMOTE));
    put_text(out, "container", cs_kept_text(kept, CS_KEPT_CONTAINER));
    put_number(out, "synRetransmits", kept->syn_retransmits);
    put_mark(out, "domainLookupStart", kept, CS_KEPT_DNS_START);
    put_mark(out, "domainLookupEnd", kept, CS_KEPT_DNS_END);
    put_mark(out, "connectStart", kept, CS_KEPT_CONNECT);
    put_mark(out, "tcpEstablished", kept, CS_KEPT_ESTABLISHED);
    put_mark(out, "tlsStart", kept, CS_KEPT_TLS_START);
    put_mark(out, "tlsEnd", kept, CS_KEPT_TLS_END);
    cs_buf_text(out, "}");
}

static int put_slowest(struct cs_report_out *out, const struct connspan_report *report)
{
    struct cs_kept **picked = cs_slowest_pick(&report->slowest, &report->failed);

    if (!picked)
        return -ENOMEM;
    for (size_t i = 0; picked[i]; i++) {
        cs_buf_text(&out->buf, i ? "," : "");
        put_kept(&out->buf, picked[i]);
        cs_report_flush(out, FLUSH_BYTES);
    }
    free(picked);
    return 0;
}

int connspan_report_json(const struct connspan_report *report,
                         const struct connspan_report_style *style, connspan_put_fn put,
                         void *context)
{
    struct cs_report_out out = {.put = put, .context = context};
    int err;

    cs_buf_text(&out.buf, "{");
    cs_report_json_summary(&out.buf, report);
    cs_buf_text(&out.buf, ",\"tables\":[");
    err = cs_report_json_tables(&out, report, style->rows);
    cs_buf_text(&out.buf, "],\"slowest\":[");
    if (!err)
        err = put_slowest(&out, report);
    cs_buf_text(&out.buf, "]}\n");
    if (err)
        out.error = err;
    return cs_report_finish(&out);
}
