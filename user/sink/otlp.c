/* SPDX-License-Identifier: MIT */
/*
 * One line: the process as the resource, the connection as a span, its look-up, TCP and TLS
 * handshakes as children. Ids are made from the entry, not drawn: a replay writes the same ones.
 * By the protobuf JSON mapping 64-bit integers are strings, except that ids are hex.
 */
#include "user/sink/otlp.h"

#include <string.h>

#include "user/entry/name.h"
#include "user/sink/entry_json.h"
#include "user/sink/json.h"
#include "user/sink/span.h"

enum span { SPAN_CONNECTION, SPAN_DNS, SPAN_TCP, SPAN_TLS, SPAN_COUNT };
enum { KIND_INTERNAL = 1, KIND_SERVER = 2, KIND_CLIENT = 3, STATUS_ERROR = 2 };
enum { CLIENT_ERROR = 400 }; /* RFC 9110 section 15.5: from there on a response is one */

/* ---- values -------------------------------------------------------------------------------- */

static void put_key(struct cs_buf *out, const char *key, const char *type)
{
    if (out->length > 0 && out->data[out->length - 1] == '}')
        cs_buf_add(out, ",", 1);
    cs_buf_text(out, "{\"key\":\"");
    cs_buf_text(out, key);
    cs_buf_text(out, "\",\"value\":{\"");
    cs_buf_text(out, type);
    cs_buf_text(out, "\":");
}

/* An attribute that is not known is left out, as the conventions want it. */
static void put_text(struct cs_buf *out, const char *key, const char *text)
{
    if (!text || !*text)
        return;
    put_key(out, key, "stringValue");
    cs_json_text(out, text);
    cs_buf_text(out, "}}");
}

static void put_digits(struct cs_buf *out, const char *key, const char *type, uint64_t number)
{
    put_key(out, key, type);
    cs_buf_add(out, "\"", 1);
    cs_json_number(out, number);
    cs_buf_text(out, "\"}}");
}

static void put_integer(struct cs_buf *out, const char *key, uint64_t number)
{
    put_digits(out, key, "intValue", number);
}

static void put_known(struct cs_buf *out, const char *key, uint64_t number)
{
    if (number)
        put_integer(out, key, number);
}

static void put_bool(struct cs_buf *out, const char *key, int value)
{
    if (value < 0)
        return;
    put_key(out, key, "boolValue");
    cs_json_bool(out, value);
    cs_buf_text(out, "}}");
}

static void put_quoted_number(struct cs_buf *out, const char *key, uint64_t number)
{
    cs_buf_text(out, key);
    cs_buf_add(out, "\"", 1);
    cs_json_number(out, number);
    cs_buf_add(out, "\"", 1);
}

static void put_hex(struct cs_buf *out, uint64_t number)
{
    static const char digits[] = "0123456789abcdef";
    char text[16];

    for (size_t i = sizeof(text); i-- > 0; number >>= 4)
        text[i] = digits[number & 15];
    cs_buf_add(out, text, sizeof(text));
}

/* splitmix64 (Steele, Lea, Flood 2014): a bijection, so that different input gives different ids.
 */
static uint64_t mix(uint64_t number)
{
    number += 0x9e3779b97f4a7c15u;
    number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9u;
    number = (number ^ number >> 27) * 0x94d049bb133111ebu;
    number ^= number >> 31;
    return number ? number : 1; /* all zeros is no id */
}

/* ---- attributes ---------------------------------------------------------------------------- */

static void put_resource(const struct cs_sink *sink, struct cs_buf *out,
                         const struct connspan_process *process)
{
    const char *exe = process->exe;
    const char *slash = exe ? strrchr(exe, '/') : NULL;
    const char *comm = process->comm && *process->comm ? process->comm : "unknown_service";

    cs_buf_text(out, "{\"attributes\":[");
    put_text(out, "service.name", comm);
    put_text(out, "host.name", sink->host);
    put_known(out, "process.pid", process->pid);
    put_text(out, "process.executable.name", slash ? slash + 1 : NULL);
    put_text(out, "process.executable.path", exe);
    put_text(out, "process.linux.cgroup", process->cgroup);
    put_text(out, "container.id", process->container_id);
    cs_buf_text(out, "]}");
}

/* network.protocol.*: "h2" is version 2 of http, "http/1.1" version 1.1. */
static void put_protocol(struct cs_buf *out, const char *alpn)
{
    if (!alpn || !*alpn)
        return;
    if (strcmp(alpn, "h2") == 0 || strncmp(alpn, "http/", 5) == 0) {
        put_text(out, "network.protocol.name", "http");
        put_text(out, "network.protocol.version", *alpn == 'h' && alpn[1] == '2' ? "2" : alpn + 5);
        return;
    }
    put_text(out, "network.protocol.name", alpn);
}

/* Whom the client wanted, by name if it had one: behind a proxy, which is the peer, its target. */
static void put_server(struct cs_buf *out, const struct connspan_entry *entry)
{
    char host[CS_NAME_BYTES];
    uint16_t port = cs_name_read(entry->name, host);

    put_text(out, "server.address", host);
    put_known(out, "server.port", port);
}

static void put_network(struct cs_buf *out, const struct connspan_entry *entry)
{
    const struct connspan_connection *connection = &entry->connection;

    put_server(out, entry);
    if (connection->role == CONNSPAN_ROLE_SERVER) {
        put_text(out, "client.address", connection->remote_address);
        put_known(out, "client.port", connection->remote_port);
    }
    put_text(out, "network.peer.address", connection->remote_address);
    put_known(out, "network.peer.port", connection->remote_port);
    put_text(out, "network.local.address", connection->local_address);
    put_known(out, "network.local.port", connection->local_port);
    put_text(out, "network.transport", "tcp");
    put_text(out, "network.type", connection->family);
    put_protocol(out, entry->next_hop_protocol);
}

static void put_tls_facts(struct cs_buf *out, const struct connspan_tls *tls)
{
    put_text(out, "tls.protocol.name", "tls");
    put_text(out, "tls.protocol.version", tls->version);
    put_text(out, "tls.cipher", tls->cipher);
    put_text(out, "tls.next_protocol", tls->alpn);
    put_bool(out, "tls.resumed", tls->resumed);
    put_bool(out, "connspan.tls.early_data", tls->early_data);
    put_text(out, "connspan.tls.start_source", tls->start_source);
    put_text(out, "connspan.tls.end_source", tls->end_source);
}

/* To the conventions, by default: those of RFC 9110 section 9, and PATCH (RFC 5789). */
static bool is_known(const char *method)
{
    static const char *const known[] = {"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                        "CONNECT", "OPTIONS", "TRACE", "PATCH"};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (!strcmp(known[i], method))
            return true;
    }
    return false;
}

static void put_method(struct cs_buf *out, const char *method)
{
    if (!method || is_known(method)) {
        put_text(out, "http.request.method", method);
        return;
    }
    put_text(out, "http.request.method", "_OTHER");
    put_text(out, "http.request.method_original", method);
}

static void put_request_facts(struct cs_buf *out, const struct connspan_entry *entry)
{
    put_method(out, entry->request.method);
    put_known(out, "http.response.status_code", entry->request.status);
    put_text(out, "url.full", entry->name);
}

static void put_connection_facts(struct cs_buf *out, const struct connspan_entry *entry)
{
    const struct connspan_connection *connection = &entry->connection;

    put_network(out, entry);
    if (entry->tls.present)
        put_bool(out, "tls.established",
                 entry->connection.reused || entry->phases.tls_end != CONNSPAN_UNKNOWN);
    if (entry->request.present)
        put_request_facts(out, entry);
    put_known(out, "thread.id", entry->process.tid);
    put_text(out, "thread.name", entry->process.thread);
    put_text(out, "connspan.name", entry->name);
    put_text(out, "connspan.outcome", cs_outcome_name(connection->outcome));
    put_text(out, "connspan.error.phase", connection->error.phase);
    put_integer(out, "connspan.syn_retransmits", connection->syn_retransmits);
    put_known(out, "connspan.rtt_us", connection->rtt_us);
    put_text(out, "connspan.proxy.kind", entry->proxy.kind);
    put_text(out, "connspan.proxy.target", entry->proxy.target);
    if (connection->late)
        put_bool(out, "connspan.late", 1);
    if (connection->preexisting)
        put_bool(out, "connspan.preexisting", 1);
}

/* ---- spans --------------------------------------------------------------------------------- */

struct extent {
    const char *name;
    uint64_t start_ns; /* since timeOrigin; CONNSPAN_UNKNOWN: no such span */
    uint64_t end_ns;   /* CONNSPAN_UNKNOWN: it failed or was left, when the entry ended */
    bool failed;
};

static bool failed_in(const struct connspan_entry *entry, const char *phase)
{
    const char *failed = entry->connection.error.phase;

    return failed && strcmp(failed, phase) == 0;
}

/* For a client a response of 4xx or 5xx is an error, too. */
static bool has_failed(const struct connspan_entry *entry)
{
    return entry->connection.error.phase || entry->request.status >= CLIENT_ERROR;
}

static void put_error_type(struct cs_buf *out, const struct connspan_entry *entry)
{
    if (entry->connection.error.phase)
        put_text(out, "error.type", entry->connection.error.code);
    else
        put_digits(out, "error.type", "stringValue", entry->request.status);
}

/* Of a request its method, as the conventions for HTTP have it. */
static const char *span_name(const struct connspan_entry *entry)
{
    if (!entry->request.present)
        return "connection";
    return entry->request.method && is_known(entry->request.method) ? entry->request.method
                                                                    : "HTTP";
}

static void find_extents(const struct connspan_entry *entry, struct extent extents[SPAN_COUNT])
{
    const struct connspan_phases *phases = &entry->phases;

    extents[SPAN_CONNECTION] =
        (struct extent){span_name(entry), entry->start_time, CONNSPAN_UNKNOWN, has_failed(entry)};
    extents[SPAN_DNS] = (struct extent){"dns.lookup", phases->domain_lookup_start,
                                        phases->domain_lookup_end, failed_in(entry, "dns")};
    extents[SPAN_TCP] = (struct extent){"tcp.connect", cs_span_tcp_start_ns(entry),
                                        phases->tcp_established, failed_in(entry, "tcp")};
    extents[SPAN_TLS] = (struct extent){"tls.handshake", phases->tls_start, phases->tls_end,
                                        failed_in(entry, "tls")};
}

static void put_ids(const struct cs_sink *sink, struct cs_buf *out,
                    const struct connspan_entry *entry, enum span span)
{
    uint64_t base = sink->origin_unix_ns ^ entry->sequence * SPAN_COUNT;

    cs_buf_text(out, "{\"traceId\":\"");
    put_hex(out, mix(sink->origin_unix_ns));
    put_hex(out, mix(entry->connection.id));
    cs_buf_text(out, "\",\"spanId\":\"");
    put_hex(out, mix(mix(base) + span));
    if (span != SPAN_CONNECTION) {
        cs_buf_text(out, "\",\"parentSpanId\":\"");
        put_hex(out, mix(mix(base) + SPAN_CONNECTION));
    }
    cs_buf_add(out, "\"", 1);
}

static void put_status(struct cs_buf *out, const struct connspan_error *error)
{
    cs_buf_text(out, ",\"status\":{\"code\":");
    cs_json_number(out, STATUS_ERROR);
    if (error->detail) {
        cs_buf_text(out, ",\"message\":");
        cs_json_text(out, error->detail);
    }
    cs_buf_add(out, "}", 1);
}

static void put_span(const struct cs_sink *sink, struct cs_buf *out,
                     const struct connspan_entry *entry, enum span span,
                     const struct extent *extent)
{
    uint64_t zero_ns = entry->unix_ns - entry->start_time; /* timeOrigin by the newest anchor */
    uint64_t end_ns = extent->end_ns;
    bool server = entry->connection.role == CONNSPAN_ROLE_SERVER;

    if (end_ns == CONNSPAN_UNKNOWN)
        end_ns = entry->start_time + entry->duration;
    put_ids(sink, out, entry, span);
    cs_buf_text(out, ",\"name\":");
    cs_json_text(out, extent->name);
    cs_buf_text(out, ",\"kind\":");
    cs_json_number(out, span != SPAN_CONNECTION ? KIND_INTERNAL
                        : server                ? KIND_SERVER
                                                : KIND_CLIENT);
    put_quoted_number(out, ",\"startTimeUnixNano\":", zero_ns + extent->start_ns);
    put_quoted_number(out, ",\"endTimeUnixNano\":", zero_ns + end_ns);
    cs_buf_text(out, ",\"attributes\":[");
    if (span == SPAN_CONNECTION)
        put_connection_facts(out, entry);
    else if (span == SPAN_TLS)
        put_tls_facts(out, &entry->tls);
    if (extent->failed)
        put_error_type(out, entry);
    cs_buf_add(out, "]", 1);
    if (extent->failed)
        put_status(out, &entry->connection.error);
    cs_buf_add(out, "}", 1);
}

static void put_entry(struct cs_sink *sink, struct cs_buf *out, const struct connspan_entry *entry)
{
    struct extent extents[SPAN_COUNT];

    find_extents(entry, extents);
    cs_buf_text(out, "{\"resourceSpans\":[{\"resource\":");
    put_resource(sink, out, &entry->process);
    cs_buf_text(out, ",\"scopeSpans\":[{\"scope\":{\"name\":\"connspan\",\"version\":");
    cs_json_text(out, sink->version);
    cs_buf_text(out, "},\"spans\":[");
    for (int i = SPAN_CONNECTION; i < SPAN_COUNT; i++) {
        if (extents[i].start_ns == CONNSPAN_UNKNOWN)
            continue;
        if (i > SPAN_CONNECTION)
            cs_buf_add(out, ",", 1);
        put_span(sink, out, entry, (enum span)i, &extents[i]);
    }
    cs_buf_text(out, "]}]}]}\n");
}

/* One signal per file: there is no place for what the run is and for what it lost. */
const struct cs_format cs_otlp = {
    .name = "otlp",
    .extension = ".otlp.jsonl",
    .shape = CS_LINES,
    .mode = 0600,
    .entry = put_entry,
};
