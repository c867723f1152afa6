/* SPDX-License-Identifier: MIT */
/*
 * A row is written from one table of columns. Unknown is empty, yes and no are 1 and 0, so that a
 * database sums them. A record is always one line: readers that count lines, and we when we find a
 * torn one, need not know about quotes.
 */
#include "user/sink/csv.h"

#include <string.h>

#include "user/sink/entry_json.h"
#include "user/sink/json.h"
#include "user/sink/span.h"
#include "user/sink/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

struct column {
    const char *name;
    size_t offset;
    void (*put)(struct cs_buf *out, const void *at); /* the value, or nothing */
};

static void put_quoted(struct cs_buf *out, const char *text)
{
    size_t room = strlen(text);

    cs_buf_add(out, "\"", 1);
    while (room > 0) {
        uint32_t code;
        size_t length = cs_utf8_read(text, room, &code);
        size_t read = length ? length : 1;

        if (*text == '"')
            cs_buf_add(out, "\"\"", 2);
        else if (!length || code < 0x20 || code == 0x7f)
            cs_buf_add(out, REPLACEMENT, 3);
        else
            cs_buf_add(out, text, length);
        text += read;
        room -= read;
    }
    cs_buf_add(out, "\"", 1);
}

static bool is_plain(const char *text)
{
    for (; *text; text++)
        if (*text < 0x20 || *text > 0x7e || *text == '"' || *text == ',')
            return false;
    return true;
}

static void put_string(struct cs_buf *out, const char *text)
{
    if (!text)
        return;
    if (is_plain(text))
        cs_buf_text(out, text);
    else
        put_quoted(out, text);
}

static void put_text(struct cs_buf *out, const void *at)
{
    put_string(out, *(const char *const *)at);
}

static void put_time(struct cs_buf *out, const void *at)
{
    size_t start = out->length;

    cs_json_timestamp(out, *(const uint64_t *)at);
    if (out->failed)
        return;
    out->length -= 2; /* without the quotes */
    memmove(out->data + start, out->data + start + 1, out->length - start);
}

static void put_span(struct cs_buf *out, uint64_t ns)
{
    if (ns != CONNSPAN_UNKNOWN)
        cs_json_ms(out, ns);
}

static void put_ms(struct cs_buf *out, const void *at)
{
    put_span(out, *(const uint64_t *)at);
}

static void put_dns(struct cs_buf *out, const void *entry)
{
    put_span(out, cs_span_dns_ns(entry));
}

static void put_tcp(struct cs_buf *out, const void *entry)
{
    put_span(out, cs_span_tcp_ns(entry));
}

static void put_tls(struct cs_buf *out, const void *entry)
{
    put_span(out, cs_span_tls_ns(entry));
}

static void put_id(struct cs_buf *out, const void *at)
{
    cs_json_number(out, *(const uint64_t *)at);
}

static void put_count(struct cs_buf *out, const void *at)
{
    cs_json_number(out, *(const uint32_t *)at);
}

/* 0 means unknown, here and in put_port. */
static void put_known(struct cs_buf *out, const void *at)
{
    if (*(const uint32_t *)at)
        put_count(out, at);
}

static void put_port(struct cs_buf *out, const void *at)
{
    if (*(const uint16_t *)at)
        cs_json_number(out, *(const uint16_t *)at);
}

static void put_body_bytes(struct cs_buf *out, const void *at)
{
    const struct connspan_request *request = at;

    if (request->present && request->encoded_body_size != CONNSPAN_UNKNOWN)
        cs_json_number(out, request->encoded_body_size);
}

static void put_uid(struct cs_buf *out, const void *at)
{
    const struct connspan_process *process = at;

    if (process->pid)
        cs_json_number(out, process->uid);
}

static void put_flag(struct cs_buf *out, const void *at)
{
    cs_buf_add(out, *(const bool *)at ? "1" : "0", 1);
}

/* Of the TLS group: unknown without TLS, too. */
static void put_resumed(struct cs_buf *out, const void *at)
{
    const struct connspan_tls *tls = at;

    if (tls->present && tls->resumed >= 0)
        cs_json_number(out, tls->resumed != 0);
}

static void put_early_data(struct cs_buf *out, const void *at)
{
    const struct connspan_tls *tls = at;

    if (tls->present && tls->early_data >= 0)
        cs_json_number(out, tls->early_data != 0);
}

static void put_outcome(struct cs_buf *out, const void *at)
{
    cs_buf_text(out, cs_outcome_name(*(const enum connspan_outcome *)at));
}

static void put_role(struct cs_buf *out, const void *at)
{
    cs_buf_text(out, cs_role_name(*(const enum connspan_role *)at));
}

#define AT(member) offsetof(struct connspan_entry, member)

static const struct column columns[] = {
    {"timestamp", AT(unix_ns), put_time},
    {"name", AT(name), put_text},
    {"outcome", AT(connection.outcome), put_outcome},
    {"errorPhase", AT(connection.error.phase), put_text},
    {"errorCode", AT(connection.error.code), put_text},
    {"errorDetail", AT(connection.error.detail), put_text},
    {"dnsMs", 0, put_dns},
    {"tcpMs", 0, put_tcp},
    {"tlsMs", 0, put_tls},
    {"totalMs", AT(duration), put_ms},
    {"role", AT(connection.role), put_role},
    {"comm", AT(process.comm), put_text},
    {"pid", AT(process.pid), put_known},
    {"tid", AT(process.tid), put_known},
    {"thread", AT(process.thread), put_text},
    {"uid", AT(process), put_uid},
    {"exe", AT(process.exe), put_text},
    {"cgroup", AT(process.cgroup), put_text},
    {"containerId", AT(process.container_id), put_text},
    {"localAddress", AT(connection.local_address), put_text},
    {"localPort", AT(connection.local_port), put_port},
    {"remoteAddress", AT(connection.remote_address), put_text},
    {"remotePort", AT(connection.remote_port), put_port},
    {"family", AT(connection.family), put_text},
    {"serverName", AT(tls.server_name), put_text},
    {"tlsVersion", AT(tls.version), put_text},
    {"cipher", AT(tls.cipher), put_text},
    {"alpn", AT(tls.alpn), put_text},
    {"resumed", AT(tls), put_resumed},
    {"earlyData", AT(tls), put_early_data},
    {"startTime", AT(start_time), put_ms},
    {"domainLookupStart", AT(domain_lookup_start), put_ms},
    {"domainLookupEnd", AT(domain_lookup_end), put_ms},
    {"connectStart", AT(connect_start), put_ms},
    {"tcpEstablished", AT(phases.tcp_established), put_ms},
    {"secureConnectionStart", AT(secure_connection_start), put_ms},
    {"connectEnd", AT(connect_end), put_ms},
    {"failed", AT(phases.failed), put_ms},
    {"nextHopProtocol", AT(next_hop_protocol), put_text},
    {"synRetransmits", AT(connection.syn_retransmits), put_count},
    {"rttUs", AT(connection.rtt_us), put_known},
    {"connectionId", AT(connection.id), put_id},
    {"reused", AT(connection.reused), put_flag},
    {"late", AT(connection.late), put_flag},
    {"preexisting", AT(connection.preexisting), put_flag},
    {"proxyKind", AT(proxy.kind), put_text},
    {"proxyTarget", AT(proxy.target), put_text},
    {"requestStart", AT(request_start), put_ms},
    {"responseStart", AT(response_start), put_ms},
    {"responseEnd", AT(response_end), put_ms},
    {"method", AT(request.method), put_text},
    {"responseStatus", AT(request.status), put_port},
    {"contentType", AT(request.content_type), put_text},
    {"encodedBodySize", AT(request), put_body_bytes},
};

enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

/* RFC 4180 ends a record with CRLF. */
static void end_cell(struct cs_buf *out, size_t column)
{
    if (column + 1 < COLUMNS)
        cs_buf_add(out, ",", 1);
    else
        cs_buf_add(out, "\r\n", 2);
}

static void put_header(struct cs_sink *sink, struct cs_buf *out, const struct connspan_run *run)
{
    (void)sink;
    (void)run;
    for (size_t i = 0; i < COLUMNS; i++) {
        cs_buf_text(out, columns[i].name);
        end_cell(out, i);
    }
}

static void put_entry(struct cs_sink *sink, struct cs_buf *out, const struct connspan_entry *entry)
{
    (void)sink;
    for (size_t i = 0; i < COLUMNS; i++) {
        columns[i].put(out, (const char *)entry + columns[i].offset);
        end_cell(out, i);
    }
}

/* No statistics: a row of anything but an entry would be one too many for every reader. */
const struct cs_format cs_csv = {
    .name = "csv",
    .extension = ".csv",
    .shape = CS_LINES_TITLE,
    .mode = 0600,
    .header = put_header,
    .entry = put_entry,
};
