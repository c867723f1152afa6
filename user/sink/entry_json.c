/* SPDX-License-Identifier: MIT */
/*
 * The tables that an entry is written from, to be read beside docs/entry.schema.json. What is
 * constant for a host tracer is a constant there.
 */
#include "user/sink/entry_json.h"

#include <assert.h>
#include <string.h>

#include "user/sink/field.h"
#include "user/sink/json.h"

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static void put_list(struct cs_buf *out, const char *const *texts, size_t count)
{
    cs_buf_add(out, "[", 1);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            cs_buf_add(out, ",", 1);
        cs_json_text(out, texts[i]);
    }
    cs_buf_add(out, "]", 1);
}

/* ---- groups -------------------------------------------------------------------------------- */

static const struct cs_json_field phases_fields[] = {
    FIELD(connspan_phases, "domainLookupStart", domain_lookup_start, cs_put_ms),
    FIELD(connspan_phases, "domainLookupEnd", domain_lookup_end, cs_put_ms),
    FIELD(connspan_phases, "connectStart", connect_start, cs_put_ms),
    FIELD(connspan_phases, "tcpEstablished", tcp_established, cs_put_ms),
    FIELD(connspan_phases, "tlsStart", tls_start, cs_put_ms),
    FIELD(connspan_phases, "tlsEnd", tls_end, cs_put_ms),
    FIELD(connspan_phases, "failed", failed, cs_put_ms),
};

static void put_phases(struct cs_buf *out, const void *phases)
{
    PUT_OBJECT(out, phases, phases_fields);
}

static const struct cs_json_field error_fields[] = {
    FIELD(connspan_error, "phase", phase, cs_put_text),
    FIELD(connspan_error, "code", code, cs_put_text),
    FIELD(connspan_error, "detail", detail, cs_put_text),
};

static void put_error(struct cs_buf *out, const void *at)
{
    const struct connspan_error *error = at;

    if (error->phase)
        PUT_OBJECT(out, error, error_fields);
    else
        cs_json_text(out, NULL);
}

const char *cs_role_name(enum connspan_role role)
{
    return role == CONNSPAN_ROLE_SERVER ? "server" : "client";
}

static void put_role(struct cs_buf *out, const void *at)
{
    cs_json_text(out, cs_role_name(*(const enum connspan_role *)at));
}

const char *cs_outcome_name(enum connspan_outcome outcome)
{
    static const char *const names[] = {
        [CONNSPAN_CONNECTED] = "connected",   [CONNSPAN_FAILED] = "failed",
        [CONNSPAN_ABORTED] = "aborted",       [CONNSPAN_ABANDONED] = "abandoned",
        [CONNSPAN_UNFINISHED] = "unfinished",
    };

    static_assert(ARRAY_LENGTH(names) == CONNSPAN_UNFINISHED + 1, "a name for every outcome");
    return names[outcome];
}

static void put_outcome(struct cs_buf *out, const void *at)
{
    cs_json_text(out, cs_outcome_name(*(const enum connspan_outcome *)at));
}

static void put_flags(struct cs_buf *out, const void *at)
{
    const struct connspan_connection *connection = at;

    put_list(out, connection->flags, connection->flag_count);
}

#define CONNECTION(key, member, put) FIELD(connspan_entry, key, connection.member, put)

static const struct cs_json_field connection_fields[] = {
    CONNECTION("id", id, cs_put_id),
    CONNECTION("role", role, put_role),
    CONNECTION("outcome", outcome, put_outcome),
    CONNECTION("error", error, put_error),
    CONNECTION("localAddress", local_address, cs_put_filled),
    CONNECTION("localPort", local_port, cs_put_port),
    CONNECTION("remoteAddress", remote_address, cs_put_filled),
    CONNECTION("remotePort", remote_port, cs_put_port),
    CONNECTION("family", family, cs_put_filled),
    CONNECTION("netns", netns, cs_put_known),
    FIELD(connspan_entry, "tcpEstablished", phases.tcp_established, cs_put_ms),
    CONNECTION("synRetransmits", syn_retransmits, cs_put_count),
    CONNECTION("rttUs", rtt_us, cs_put_known),
    CONNECTION("reused", reused, cs_put_flag),
    CONNECTION("startSource", start_source, cs_put_filled),
    CONNECTION("tfo", tfo, cs_put_flag),
    CONNECTION("raceStart", race_start, cs_put_ms),
    CONNECTION("preexisting", preexisting, cs_put_flag),
    CONNECTION("late", late, cs_put_flag),
    FIELD(connspan_entry, "flags", connection, put_flags),
};

static void put_connection(struct cs_buf *out, const void *entry)
{
    PUT_OBJECT(out, entry, connection_fields);
}

/* 0 is a user's number, so the process tells whether it is known. */
static void put_uid(struct cs_buf *out, const void *at)
{
    const struct connspan_process *process = at;

    if (process->pid)
        cs_json_number(out, process->uid);
    else
        cs_json_text(out, NULL);
}

static const struct cs_json_field process_fields[] = {
    FIELD(connspan_process, "pid", pid, cs_put_known),
    FIELD(connspan_process, "tid", tid, cs_put_known),
    FIELD(connspan_process, "comm", comm, cs_put_filled),
    FIELD(connspan_process, "thread", thread, cs_put_filled),
    FIELD(connspan_process, "exe", exe, cs_put_filled),
    WHOLE("uid", put_uid),
    FIELD(connspan_process, "cgroup", cgroup, cs_put_filled),
    FIELD(connspan_process, "containerId", container_id, cs_put_filled),
};

static void put_process(struct cs_buf *out, const void *process)
{
    PUT_OBJECT(out, process, process_fields);
}

static void put_alpn_offered(struct cs_buf *out, const void *at)
{
    const struct connspan_tls *tls = at;

    put_list(out, tls->alpn_offered, tls->alpn_offered_count);
}

static const struct cs_json_field tls_fields[] = {
    FIELD(connspan_tls, "version", version, cs_put_filled),
    FIELD(connspan_tls, "cipher", cipher, cs_put_filled),
    FIELD(connspan_tls, "alpn", alpn, cs_put_filled),
    WHOLE("alpnOffered", put_alpn_offered),
    FIELD(connspan_tls, "serverName", server_name, cs_put_filled),
    FIELD(connspan_tls, "resumed", resumed, cs_put_tristate),
    FIELD(connspan_tls, "earlyData", early_data, cs_put_tristate),
    FIELD(connspan_tls, "helloRetry", hello_retry, cs_put_tristate),
    FIELD(connspan_tls, "library", library, cs_put_filled),
    FIELD(connspan_tls, "startSource", start_source, cs_put_filled),
    FIELD(connspan_tls, "endSource", end_source, cs_put_filled),
    FIELD(connspan_tls, "boundBy", bound_by, cs_put_filled),
    FIELD(connspan_tls, "calls", calls, cs_put_known),
};

static void put_tls(struct cs_buf *out, const void *at)
{
    const struct connspan_tls *tls = at;

    if (tls->present)
        PUT_OBJECT(out, tls, tls_fields);
    else
        cs_json_text(out, NULL);
}

static const struct cs_json_field proxy_fields[] = {
    FIELD(connspan_proxy, "kind", kind, cs_put_text),
    FIELD(connspan_proxy, "target", target, cs_put_text),
    FIELD(connspan_proxy, "serverName", server_name, cs_put_text),
};

static void put_proxy(struct cs_buf *out, const void *at)
{
    const struct connspan_proxy *proxy = at;

    if (proxy->kind)
        PUT_OBJECT(out, proxy, proxy_fields);
    else
        cs_json_text(out, NULL);
}

/* ---- the request --------------------------------------------------------------------------- */

static void put_size(struct cs_buf *out, bool known, uint64_t bytes)
{
    if (known && bytes != CONNSPAN_UNKNOWN)
        cs_json_number(out, bytes);
    else
        cs_json_text(out, NULL);
}

static void put_transfer_size(struct cs_buf *out, const void *at)
{
    const struct connspan_request *request = at;

    put_size(out, request->present, request->transfer_size);
}

static void put_body_size(struct cs_buf *out, const void *at)
{
    const struct connspan_request *request = at;

    put_size(out, request->present, request->encoded_body_size);
}

static void put_status(struct cs_buf *out, const void *at)
{
    cs_json_number(out, *(const uint16_t *)at);
}

static void put_text_or_empty(struct cs_buf *out, const void *at)
{
    const char *text = *(const char *const *)at;

    cs_json_text(out, text ? text : "");
}

static const struct cs_json_field request_fields[] = {
    FIELD(connspan_request, "method", method, cs_put_text),
    FIELD(connspan_request, "sentBytes", sent_bytes, cs_put_number),
    FIELD(connspan_request, "receivedBytes", received_bytes, cs_put_number),
};

static void put_request(struct cs_buf *out, const void *at)
{
    const struct connspan_request *request = at;

    if (request->present)
        PUT_OBJECT(out, request, request_fields);
    else
        cs_json_text(out, NULL);
}

/* ---- the entry ----------------------------------------------------------------------------- */

#define ENTRY(key, member, put) FIELD(connspan_entry, key, member, put)

/* toJSON of PerformanceResourceTiming, the type first as in every line; then what is our own. */
static const struct cs_json_field entry_fields[] = {
    CONSTANT("entryType", "\"resource\""),
    ENTRY("id", sequence, cs_put_number),
    ENTRY("name", name, cs_put_text),
    ENTRY("startTime", start_time, cs_put_ms),
    ENTRY("duration", duration, cs_put_ms),
    CONSTANT("navigationId", "\"\""),
    CONSTANT("initiatorType", "\"other\""),
    CONSTANT("deliveryType", "\"\""),
    ENTRY("nextHopProtocol", next_hop_protocol, cs_put_text),
    CONSTANT("workerStart", "0"),
    CONSTANT("redirectStart", "0"),
    CONSTANT("redirectEnd", "0"),
    ENTRY("fetchStart", fetch_start, cs_put_ms),
    ENTRY("domainLookupStart", domain_lookup_start, cs_put_ms),
    ENTRY("domainLookupEnd", domain_lookup_end, cs_put_ms),
    ENTRY("connectStart", connect_start, cs_put_ms),
    ENTRY("connectEnd", connect_end, cs_put_ms),
    ENTRY("secureConnectionStart", secure_connection_start, cs_put_ms),
    ENTRY("requestStart", request_start, cs_put_ms),
    ENTRY("finalResponseHeadersStart", final_response_headers_start, cs_put_ms),
    ENTRY("firstInterimResponseStart", first_interim_response_start, cs_put_ms),
    ENTRY("responseStart", response_start, cs_put_ms),
    ENTRY("responseEnd", response_end, cs_put_ms),
    CONSTANT("workerRouterEvaluationStart", "0"),
    CONSTANT("workerCacheLookupStart", "0"),
    CONSTANT("workerMatchedRouterSource", "\"\""),
    CONSTANT("workerFinalRouterSource", "\"\""),
    ENTRY("transferSize", request, put_transfer_size),
    ENTRY("encodedBodySize", request, put_body_size),
    CONSTANT("decodedBodySize", "null"),
    ENTRY("responseStatus", request.status, put_status),
    CONSTANT("renderBlockingStatus", "\"non-blocking\""),
    ENTRY("contentType", request.content_type, put_text_or_empty),
    ENTRY("contentEncoding", request.content_encoding, put_text_or_empty),
    ENTRY("timestamp", unix_ns, cs_put_time),
    ENTRY("phases", phases, put_phases),
    WHOLE("connection", put_connection),
    ENTRY("process", process, put_process),
    ENTRY("tls", tls, put_tls),
    ENTRY("proxy", proxy, put_proxy),
    ENTRY("request", request, put_request),
};

void cs_entry_json(struct cs_buf *out, const struct connspan_entry *entry)
{
    PUT_OBJECT(out, entry, entry_fields);
}

size_t connspan_entry_json(const struct connspan_entry *entry, char *text, size_t room)
{
    struct cs_buf out = {0};
    size_t length;

    cs_entry_json(&out, entry);
    length = out.failed ? 0 : out.length;
    if (room > 0) {
        size_t copied = length < room ? length : room - 1;

        if (copied > 0)
            memcpy(text, out.data, copied);
        text[copied] = '\0';
    }
    cs_buf_free(&out);
    return length;
}
