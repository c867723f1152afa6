/* SPDX-License-Identifier: MIT */
/*
 * Objects are written from tables: a row is a key and the member whose value follows, or a key and
 * what is constant for a host tracer. They are to be read beside docs/entry.schema.json. A key's
 * text is made at compile time, comma included: a line costs well under a microsecond.
 */
#include "user/sink/entry_json.h"

#include <assert.h>
#include <string.h>

#include "user/sink/json.h"

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* One cache line; the text lies in it, so that it is copied by a few fixed moves. */
struct field {
    char text[48]; /* ,"key": and the value of a constant */
    uint16_t text_bytes;
    uint16_t offset;
    void (*put)(struct cs_buf *out, const void *at); /* the member's value; NULL: a constant */
};

#define ROW(text, offset, put)                                                                     \
    {                                                                                              \
        text, sizeof(text) - 1, offset, put                                                        \
    }
#define FIELD(type, key, member, put) ROW(",\"" key "\":", offsetof(struct type, member), put)
#define WHOLE(key, put)               ROW(",\"" key "\":", 0, put)
#define CONSTANT(key, value)          ROW(",\"" key "\":" value, 0, NULL)
static_assert(sizeof(struct field) == 64, "a cache line");

#define PUT_OBJECT(out, base, fields) put_object(out, base, fields, ARRAY_LENGTH(fields))

static void put_object(struct cs_buf *out, const void *base, const struct field *fields, size_t n)
{
    size_t start = out->length;

    for (size_t i = 0; i < n; i++) {
        char *text = cs_buf_reserve(out, sizeof(fields[i].text));

        if (!text)
            return;
        memcpy(text, fields[i].text, sizeof(fields[i].text));
        out->length += fields[i].text_bytes;
        if (fields[i].put)
            fields[i].put(out, (const char *)base + fields[i].offset);
    }
    out->data[start] = '{'; /* in place of the first comma */
    cs_buf_add(out, "}", 1);
}

/* ---- values -------------------------------------------------------------------------------- */

static void put_ms(struct cs_buf *out, const void *at)
{
    cs_json_ms(out, *(const uint64_t *)at);
}

static void put_time(struct cs_buf *out, const void *at)
{
    cs_json_timestamp(out, *(const uint64_t *)at);
}

static void put_number(struct cs_buf *out, const void *at)
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
    cs_json_known(out, *(const uint32_t *)at);
}

static void put_port(struct cs_buf *out, const void *at)
{
    cs_json_known(out, *(const uint16_t *)at);
}

/* As a string: a JSON number is exact up to 2^53 only. */
static void put_id(struct cs_buf *out, const void *at)
{
    cs_buf_add(out, "\"", 1);
    put_number(out, at);
    cs_buf_add(out, "\"", 1);
}

static void put_flag(struct cs_buf *out, const void *at)
{
    cs_json_bool(out, *(const bool *)at);
}

/* -1 means unknown. */
static void put_tristate(struct cs_buf *out, const void *at)
{
    cs_json_bool(out, *(const int *)at);
}

static void put_text(struct cs_buf *out, const void *at)
{
    cs_json_text(out, *(const char *const *)at);
}

/* "" means unknown, too. */
static void put_filled(struct cs_buf *out, const void *at)
{
    const char *text = *(const char *const *)at;

    cs_json_text(out, text && *text ? text : NULL);
}

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

static const struct field phases_fields[] = {
    FIELD(connspan_phases, "connectStart", connect_start, put_ms),
    FIELD(connspan_phases, "tcpEstablished", tcp_established, put_ms),
    FIELD(connspan_phases, "tlsStart", tls_start, put_ms),
    FIELD(connspan_phases, "tlsEnd", tls_end, put_ms),
    FIELD(connspan_phases, "failed", failed, put_ms),
};

static void put_phases(struct cs_buf *out, const void *phases)
{
    PUT_OBJECT(out, phases, phases_fields);
}

static const struct field error_fields[] = {
    FIELD(connspan_error, "phase", phase, put_text),
    FIELD(connspan_error, "code", code, put_text),
    FIELD(connspan_error, "detail", detail, put_text),
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

static const struct field connection_fields[] = {
    CONNECTION("id", id, put_id),
    CONNECTION("role", role, put_role),
    CONNECTION("outcome", outcome, put_outcome),
    CONNECTION("error", error, put_error),
    CONNECTION("localAddress", local_address, put_filled),
    CONNECTION("localPort", local_port, put_port),
    CONNECTION("remoteAddress", remote_address, put_filled),
    CONNECTION("remotePort", remote_port, put_port),
    CONNECTION("family", family, put_filled),
    CONNECTION("netns", netns, put_known),
    FIELD(connspan_entry, "tcpEstablished", phases.tcp_established, put_ms),
    CONNECTION("synRetransmits", syn_retransmits, put_count),
    CONNECTION("rttUs", rtt_us, put_known),
    CONNECTION("reused", reused, put_flag),
    CONNECTION("startSource", start_source, put_filled),
    CONNECTION("tfo", tfo, put_flag),
    CONNECTION("raceStart", race_start, put_ms),
    CONNECTION("preexisting", preexisting, put_flag),
    CONNECTION("late", late, put_flag),
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

static const struct field process_fields[] = {
    FIELD(connspan_process, "pid", pid, put_known),
    FIELD(connspan_process, "tid", tid, put_known),
    FIELD(connspan_process, "comm", comm, put_filled),
    FIELD(connspan_process, "thread", thread, put_filled),
    FIELD(connspan_process, "exe", exe, put_filled),
    WHOLE("uid", put_uid),
    FIELD(connspan_process, "cgroup", cgroup, put_filled),
    FIELD(connspan_process, "containerId", container_id, put_filled),
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

static const struct field tls_fields[] = {
    FIELD(connspan_tls, "version", version, put_filled),
    FIELD(connspan_tls, "cipher", cipher, put_filled),
    FIELD(connspan_tls, "alpn", alpn, put_filled),
    WHOLE("alpnOffered", put_alpn_offered),
    FIELD(connspan_tls, "serverName", server_name, put_filled),
    FIELD(connspan_tls, "resumed", resumed, put_tristate),
    FIELD(connspan_tls, "earlyData", early_data, put_tristate),
    FIELD(connspan_tls, "helloRetry", hello_retry, put_tristate),
    FIELD(connspan_tls, "library", library, put_filled),
    FIELD(connspan_tls, "startSource", start_source, put_filled),
    FIELD(connspan_tls, "endSource", end_source, put_filled),
    FIELD(connspan_tls, "boundBy", bound_by, put_filled),
    FIELD(connspan_tls, "calls", calls, put_known),
};

static void put_tls(struct cs_buf *out, const void *at)
{
    const struct connspan_tls *tls = at;

    if (tls->present)
        PUT_OBJECT(out, tls, tls_fields);
    else
        cs_json_text(out, NULL);
}

static const struct field proxy_fields[] = {
    FIELD(connspan_proxy, "kind", kind, put_text),
    FIELD(connspan_proxy, "target", target, put_text),
    FIELD(connspan_proxy, "serverName", server_name, put_text),
};

static void put_proxy(struct cs_buf *out, const void *at)
{
    const struct connspan_proxy *proxy = at;

    if (proxy->kind)
        PUT_OBJECT(out, proxy, proxy_fields);
    else
        cs_json_text(out, NULL);
}

/* ---- the entry ----------------------------------------------------------------------------- */

#define ENTRY(key, member, put) FIELD(connspan_entry, key, member, put)

/* toJSON of PerformanceResourceTiming, the type first as in every line; then what is our own. */
static const struct field entry_fields[] = {
    CONSTANT("entryType", "\"resource\""),
    ENTRY("id", sequence, put_number),
    ENTRY("name", name, put_text),
    ENTRY("startTime", start_time, put_ms),
    ENTRY("duration", duration, put_ms),
    CONSTANT("navigationId", "\"\""),
    CONSTANT("initiatorType", "\"other\""),
    CONSTANT("deliveryType", "\"\""),
    ENTRY("nextHopProtocol", next_hop_protocol, put_text),
    CONSTANT("workerStart", "0"),
    CONSTANT("redirectStart", "0"),
    CONSTANT("redirectEnd", "0"),
    ENTRY("fetchStart", fetch_start, put_ms),
    ENTRY("domainLookupStart", domain_lookup_start, put_ms),
    ENTRY("domainLookupEnd", domain_lookup_end, put_ms),
    ENTRY("connectStart", connect_start, put_ms),
    ENTRY("connectEnd", connect_end, put_ms),
    ENTRY("secureConnectionStart", secure_connection_start, put_ms),
    ENTRY("requestStart", request_start, put_ms),
    ENTRY("finalResponseHeadersStart", final_response_headers_start, put_ms),
    ENTRY("firstInterimResponseStart", first_interim_response_start, put_ms),
    ENTRY("responseStart", response_start, put_ms),
    ENTRY("responseEnd", response_end, put_ms),
    CONSTANT("workerRouterEvaluationStart", "0"),
    CONSTANT("workerCacheLookupStart", "0"),
    CONSTANT("workerMatchedRouterSource", "\"\""),
    CONSTANT("workerFinalRouterSource", "\"\""),
    CONSTANT("transferSize", "null"),
    CONSTANT("encodedBodySize", "null"),
    CONSTANT("decodedBodySize", "null"),
    CONSTANT("responseStatus", "0"),
    CONSTANT("renderBlockingStatus", "\"non-blocking\""),
    CONSTANT("contentType", "\"\""),
    CONSTANT("contentEncoding", "\"\""),
    ENTRY("timestamp", unix_ns, put_time),
    ENTRY("phases", phases, put_phases),
    WHOLE("connection", put_connection),
    ENTRY("process", process, put_process),
    ENTRY("tls", tls, put_tls),
    ENTRY("proxy", proxy, put_proxy),
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
