/* SPDX-License-Identifier: MIT */
/*
 * HAR counts `ssl` in `connect`, and `time` is the sum of the rest: `blocked` is whatever nothing
 * else explains. Where the standard zeroes a failure's marks, its phases tell how long it tried.
 */
#include "user/sink/har.h"

#include <string.h>

#include "user/sink/entry_json.h"
#include "user/sink/json.h"
#include "user/sink/span.h"

struct timings {
    uint64_t blocked_ns;
    uint64_t dns_ns; /* these three: CONNSPAN_UNKNOWN where there was none */
    uint64_t connect_ns;
    uint64_t ssl_ns;
    uint64_t wait_ns;
    uint64_t receive_ns;
};

static uint64_t or_zero(uint64_t span_ns)
{
    return span_ns == CONNSPAN_UNKNOWN ? 0 : span_ns;
}

static uint64_t first_known(uint64_t mark_ns, uint64_t other_ns)
{
    return mark_ns == CONNSPAN_UNKNOWN ? other_ns : mark_ns;
}

static uint64_t entry_end_ns(const struct connspan_entry *entry)
{
    return entry->start_time + entry->duration;
}

/* Until the connection could be used, or until it had failed; but what has a request could be. */
static uint64_t connected_ns(const struct connspan_entry *entry)
{
    if (entry->connect_end && entry->connect_end != CONNSPAN_UNKNOWN)
        return entry->connect_end;
    return entry->request.present
               ? first_known(entry->phases.tls_end, entry->phases.tcp_established)
               : entry_end_ns(entry);
}

static void time_connection(const struct connspan_entry *entry, struct timings *timings)
{
    const struct connspan_phases *phases = &entry->phases;
    uint64_t start_ns = first_known(cs_span_tcp_start_ns(entry), phases->tls_start);

    timings->connect_ns = cs_span_ns(start_ns, connected_ns(entry));
    timings->ssl_ns = cs_span_ns(phases->tls_start, connected_ns(entry));
}

/* Without a response it waited for one to the end. */
static void time_request(const struct connspan_entry *entry, struct timings *timings)
{
    uint64_t sent_ns = entry->connection.reused ? entry->start_time : connected_ns(entry);

    if (entry->request_start)
        sent_ns = entry->request_start;
    if (!entry->response_start) {
        timings->wait_ns = or_zero(cs_span_ns(sent_ns, entry_end_ns(entry)));
        return;
    }
    timings->wait_ns = or_zero(cs_span_ns(sent_ns, entry->response_start));
    timings->receive_ns = or_zero(cs_span_ns(entry->response_start, entry->response_end));
}

static struct timings time_entry(const struct connspan_entry *entry)
{
    struct timings timings = {
        .dns_ns = CONNSPAN_UNKNOWN, .connect_ns = CONNSPAN_UNKNOWN, .ssl_ns = CONNSPAN_UNKNOWN};
    uint64_t explained_ns;

    if (!entry->connection.reused) {
        timings.dns_ns =
            cs_span_ns(entry->phases.domain_lookup_start,
                       first_known(entry->phases.domain_lookup_end, entry_end_ns(entry)));
        time_connection(entry, &timings);
    }
    if (entry->request.present)
        time_request(entry, &timings);
    explained_ns = or_zero(timings.dns_ns) + or_zero(timings.connect_ns) + timings.wait_ns +
                   timings.receive_ns;
    timings.blocked_ns = entry->duration > explained_ns ? entry->duration - explained_ns : 0;
    return timings;
}

static void put_span(struct cs_buf *out, const char *key, uint64_t span_ns)
{
    cs_buf_text(out, key);
    if (span_ns == CONNSPAN_UNKNOWN)
        cs_buf_text(out, "-1");
    else
        cs_json_ms(out, span_ns);
}

static void put_timings(struct cs_buf *out, const struct connspan_entry *entry)
{
    struct timings timings = time_entry(entry);

    put_span(out, ",\"time\":",
             timings.blocked_ns + or_zero(timings.dns_ns) + or_zero(timings.connect_ns) +
                 timings.wait_ns + timings.receive_ns);
    put_span(out, ",\"timings\":{\"blocked\":", timings.blocked_ns);
    put_span(out, ",\"dns\":", timings.dns_ns);
    put_span(out, ",\"connect\":", timings.connect_ns);
    put_span(out, ",\"ssl\":", timings.ssl_ns);
    put_span(out, ",\"send\":0,\"wait\":", timings.wait_ns);
    put_span(out, ",\"receive\":", timings.receive_ns);
    cs_buf_add(out, "}", 1);
}

static void put_request(struct cs_buf *out, const struct connspan_entry *entry)
{
    cs_buf_text(out, ",\"request\":{\"method\":");
    cs_json_text(out, entry->request.method ? entry->request.method : "");
    cs_buf_text(out, ",\"url\":");
    cs_json_text(out, entry->name);
    cs_buf_text(out, ",\"httpVersion\":");
    cs_json_text(out, entry->next_hop_protocol);
    cs_buf_text(out, ",\"cookies\":[],\"headers\":[],\"queryString\":[],\"headersSize\":-1,"
                     "\"bodySize\":-1}");
}

static void put_response(struct cs_buf *out, const struct connspan_entry *entry)
{
    const struct connspan_error *error = &entry->connection.error;
    const struct connspan_request *request = &entry->request;
    bool has_body = request->present && request->encoded_body_size != CONNSPAN_UNKNOWN;

    cs_buf_text(out, ",\"response\":{\"status\":");
    cs_json_number(out, request->status);
    cs_buf_text(out, ",\"statusText\":\"\",\"httpVersion\":");
    cs_json_text(out, entry->next_hop_protocol);
    cs_buf_text(out, ",\"cookies\":[],\"headers\":[],\"content\":{\"size\":");
    cs_json_number(out, has_body ? request->encoded_body_size : 0);
    cs_buf_text(out, ",\"mimeType\":");
    cs_json_text(out, request->content_type ? request->content_type : "");
    cs_buf_text(out, "},\"redirectURL\":\"\",\"headersSize\":-1,\"bodySize\":");
    if (has_body)
        cs_json_number(out, request->encoded_body_size);
    else
        cs_buf_text(out, "-1");
    if (error->phase) {
        cs_buf_text(out, ",\"_error\":"); /* where Chrome writes it, too */
        cs_json_text(out, error->code);
    }
    cs_buf_add(out, "}", 1);
}

static void put_header(struct cs_sink *sink, struct cs_buf *out, const struct connspan_run *run)
{
    (void)sink;
    cs_buf_text(out,
                "{\"log\":{\"version\":\"1.2\",\"creator\":{\"name\":\"connspan\",\"version\":");
    cs_json_text(out, run->version);
    cs_buf_text(out, "},\"_host\":");
    cs_json_text(out, run->host);
    cs_buf_text(out, ",\"entries\":[");
}

static void put_entry(struct cs_sink *sink, struct cs_buf *out, const struct connspan_entry *entry)
{
    const struct connspan_connection *connection = &entry->connection;

    (void)sink;
    cs_buf_text(out, ",\n{\"startedDateTime\":");
    cs_json_timestamp(out, entry->unix_ns);
    put_timings(out, entry);
    put_request(out, entry);
    put_response(out, entry);
    cs_buf_text(out, ",\"cache\":{}");
    if (connection->remote_address && *connection->remote_address) {
        cs_buf_text(out, ",\"serverIPAddress\":");
        cs_json_text(out, connection->remote_address);
    }
    cs_buf_text(out, ",\"connection\":\"");
    cs_json_number(out, connection->id);
    cs_buf_text(out, "\",\"_connspan\":");
    cs_entry_json(out, entry);
    cs_buf_add(out, "}", 1);
}

const struct cs_format cs_har = {
    .name = "har",
    .extension = ".har",
    .shape = CS_DOCUMENT,
    .mode = 0600,
    .tail = "\n]}}\n",
    .header = put_header,
    .entry = put_entry,
};
