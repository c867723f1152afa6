/* SPDX-License-Identifier: MIT */
/* The three lines of an NDJSON file. The entry's object is entry_json.c's. */
#include "user/sink/ndjson.h"

#include "user/sink/entry_json.h"
#include "user/sink/json.h"

enum { SCHEMA = 1 }; /* of docs/entry.schema.json: one more when a key changes or goes */

/* `key` is all that comes before the value. */
static void put_text(struct cs_buf *out, const char *key, const char *text)
{
    cs_buf_text(out, key);
    cs_json_text(out, text);
}

static void put_number(struct cs_buf *out, const char *key, uint64_t number)
{
    cs_buf_text(out, key);
    cs_json_number(out, number);
}

static void put_header(struct cs_sink *sink, struct cs_buf *out, const struct connspan_run *run)
{
    (void)sink;
    put_number(out, "{\"entryType\":\"connspan.header\",\"schema\":", SCHEMA);
    put_text(out, ",\"version\":", run->version);
    put_number(out, ",\"timeOrigin\":{\"monotonicNs\":", run->time_origin_ns);
    put_number(out, ",\"unixNs\":", run->time_origin_unix_ns);
    put_number(out, "},\"clock\":{\"monotonicNs\":", run->clock_ns);
    put_number(out, ",\"unixNs\":", run->clock_unix_ns);
    put_text(out, "},\"host\":", run->host);
    put_text(out, ",\"bootId\":", run->boot_id);
    put_text(out, ",\"kernel\":", run->kernel);
    put_text(out, ",\"hooks\":{\"connect\":", run->hook_connect);
    put_text(out, ",\"state\":", run->hook_state);
    put_text(out, ",\"wire\":", run->hook_wire);
    put_text(out, ",\"tls\":", run->hook_tls);
    put_text(out, ",\"discovery\":", run->hook_discovery);
    cs_buf_text(out, "}}\n");
}

static void put_entry(struct cs_sink *sink, struct cs_buf *out, const struct connspan_entry *entry)
{
    (void)sink;
    cs_entry_json(out, entry);
    cs_buf_add(out, "\n", 1);
}

/* What was lost since the last line, or since the start where `told` is NULL. */
static void put_losses(struct cs_buf *out, const struct connspan_stats *stats, const uint64_t *told)
{
    for (size_t i = 0; i < stats->loss_count && i < CS_LOSS_COUNT; i++) {
        if (i > 0)
            cs_buf_add(out, ",", 1);
        cs_json_text(out, stats->losses[i].name);
        put_number(out, ":", stats->losses[i].total - (told ? told[i] : 0));
    }
}

static void put_stats(struct cs_sink *sink, struct cs_buf *out, const struct connspan_stats *stats)
{
    put_number(out, "{\"entryType\":\"connspan.stats\",\"entries\":", stats->entries);
    put_number(out, ",\"failures\":", stats->failures);
    cs_buf_text(out, ",\"dropped\":{");
    put_losses(out, stats, sink->told);
    cs_buf_text(out, "},\"total\":{");
    put_losses(out, stats, NULL);
    cs_buf_text(out, "}}\n");
    for (size_t i = 0; i < stats->loss_count && i < CS_LOSS_COUNT; i++)
        sink->told[i] = stats->losses[i].total;
}

const struct cs_format cs_ndjson = {
    .name = "ndjson",
    .extension = ".ndjson",
    .shape = CS_LINES,
    .mode = 0600,
    .header = put_header,
    .entry = put_entry,
    .stats = put_stats,
};
