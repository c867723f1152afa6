/* SPDX-License-Identifier: MIT */
/* To be read beside user/sink/entry_json.c; tests/check/members.py holds it against entry.h. */
#include "user/share/fields.h"

#include <string.h>

#define MEMBER(object, key, value, member)                                                         \
    {                                                                                              \
        CS_OBJECT_##object, key, CS_VALUE_##value, CS_OBJECT_OTHER,                                \
            offsetof(struct cs_message, member)                                                    \
    }
#define INNER(object, key, inner)                                                                  \
    {                                                                                              \
        CS_OBJECT_##object, key, CS_VALUE_OBJECT, CS_OBJECT_##inner, 0                             \
    }

static const struct cs_member members[] = {
    MEMBER(LINE, "entryType", TEXT, type),
    MEMBER(LINE, "id", NUMBER, entry.sequence),
    MEMBER(LINE, "name", TEXT, entry.name),
    MEMBER(LINE, "startTime", MS, entry.start_time),
    MEMBER(LINE, "duration", MS, entry.duration),
    MEMBER(LINE, "nextHopProtocol", TEXT, entry.next_hop_protocol),
    MEMBER(LINE, "fetchStart", MS, entry.fetch_start),
    MEMBER(LINE, "domainLookupStart", MS, entry.domain_lookup_start),
    MEMBER(LINE, "domainLookupEnd", MS, entry.domain_lookup_end),
    MEMBER(LINE, "connectStart", MS, entry.connect_start),
    MEMBER(LINE, "connectEnd", MS, entry.connect_end),
    MEMBER(LINE, "secureConnectionStart", MS, entry.secure_connection_start),
    MEMBER(LINE, "requestStart", MS, entry.request_start),
    MEMBER(LINE, "finalResponseHeadersStart", MS, entry.final_response_headers_start),
    MEMBER(LINE, "firstInterimResponseStart", MS, entry.first_interim_response_start),
    MEMBER(LINE, "responseStart", MS, entry.response_start),
    MEMBER(LINE, "responseEnd", MS, entry.response_end),
    MEMBER(LINE, "transferSize", SIZE, entry.request.transfer_size),
    MEMBER(LINE, "encodedBodySize", SIZE, entry.request.encoded_body_size),
    MEMBER(LINE, "responseStatus", PORT, entry.request.status),
    MEMBER(LINE, "contentType", TEXT, entry.request.content_type),
    MEMBER(LINE, "contentEncoding", TEXT, entry.request.content_encoding),
    MEMBER(LINE, "timestamp", TEXT, timestamp), /* entry.unix_ns */
    INNER(LINE, "phases", PHASES),
    MEMBER(PHASES, "domainLookupStart", MS, entry.phases.domain_lookup_start),
    MEMBER(PHASES, "domainLookupEnd", MS, entry.phases.domain_lookup_end),
    MEMBER(PHASES, "connectStart", MS, entry.phases.connect_start),
    MEMBER(PHASES, "tcpEstablished", MS, entry.phases.tcp_established),
    MEMBER(PHASES, "tlsStart", MS, entry.phases.tls_start),
    MEMBER(PHASES, "tlsEnd", MS, entry.phases.tls_end),
    MEMBER(PHASES, "failed", MS, entry.phases.failed),
    INNER(LINE, "connection", CONNECTION),
    MEMBER(CONNECTION, "id", NUMBER, entry.connection.id),
    MEMBER(CONNECTION, "role", ROLE, entry.connection.role),
    MEMBER(CONNECTION, "outcome", OUTCOME, entry.connection.outcome),
    INNER(CONNECTION, "error", ERROR),
    MEMBER(ERROR, "phase", TEXT, entry.connection.error.phase),
    MEMBER(ERROR, "code", TEXT, entry.connection.error.code),
    MEMBER(ERROR, "detail", TEXT, entry.connection.error.detail),
    MEMBER(CONNECTION, "localAddress", TEXT, entry.connection.local_address),
    MEMBER(CONNECTION, "localPort", PORT, entry.connection.local_port),
    MEMBER(CONNECTION, "remoteAddress", TEXT, entry.connection.remote_address),
    MEMBER(CONNECTION, "remotePort", PORT, entry.connection.remote_port),
    MEMBER(CONNECTION, "family", TEXT, entry.connection.family),
    MEMBER(CONNECTION, "netns", COUNT, entry.connection.netns),
    MEMBER(CONNECTION, "synRetransmits", COUNT, entry.connection.syn_retransmits),
    MEMBER(CONNECTION, "rttUs", COUNT, entry.connection.rtt_us),
    MEMBER(CONNECTION, "reused", FLAG, entry.connection.reused),
    MEMBER(CONNECTION, "startSource", TEXT, entry.connection.start_source),
    MEMBER(CONNECTION, "tfo", FLAG, entry.connection.tfo),
    MEMBER(CONNECTION, "raceStart", MS, entry.connection.race_start),
    MEMBER(CONNECTION, "preexisting", FLAG, entry.connection.preexisting),
    MEMBER(CONNECTION, "late", FLAG, entry.connection.late),
    INNER(CONNECTION, "flags", FLAGS), /* flag_count */
    INNER(LINE, "process", PROCESS),
    MEMBER(PROCESS, "pid", COUNT, entry.process.pid),
    MEMBER(PROCESS, "tid", COUNT, entry.process.tid),
    MEMBER(PROCESS, "comm", TEXT, entry.process.comm),
    MEMBER(PROCESS, "thread", TEXT, entry.process.thread),
    MEMBER(PROCESS, "exe", TEXT, entry.process.exe),
    MEMBER(PROCESS, "uid", COUNT, entry.process.uid),
    MEMBER(PROCESS, "cgroup", TEXT, entry.process.cgroup),
    MEMBER(PROCESS, "containerId", TEXT, entry.process.container_id),
    INNER(LINE, "tls", TLS), /* present */
    MEMBER(TLS, "version", TEXT, entry.tls.version),
    MEMBER(TLS, "cipher", TEXT, entry.tls.cipher),
    MEMBER(TLS, "alpn", TEXT, entry.tls.alpn),
    INNER(TLS, "alpnOffered", ALPN_OFFERED), /* alpn_offered, alpn_offered_count */
    MEMBER(TLS, "serverName", TEXT, entry.tls.server_name),
    MEMBER(TLS, "resumed", TRISTATE, entry.tls.resumed),
    MEMBER(TLS, "earlyData", TRISTATE, entry.tls.early_data),
    MEMBER(TLS, "helloRetry", TRISTATE, entry.tls.hello_retry),
    MEMBER(TLS, "library", TEXT, entry.tls.library),
    MEMBER(TLS, "startSource", TEXT, entry.tls.start_source),
    MEMBER(TLS, "endSource", TEXT, entry.tls.end_source),
    MEMBER(TLS, "boundBy", TEXT, entry.tls.bound_by),
    MEMBER(TLS, "calls", COUNT, entry.tls.calls),
    INNER(LINE, "proxy", PROXY),
    MEMBER(PROXY, "kind", TEXT, entry.proxy.kind),
    MEMBER(PROXY, "target", TEXT, entry.proxy.target),
    MEMBER(PROXY, "serverName", TEXT, entry.proxy.server_name),
    INNER(LINE, "request", REQUEST), /* present */
    MEMBER(REQUEST, "method", TEXT, entry.request.method),
    MEMBER(REQUEST, "sentBytes", NUMBER, entry.request.sent_bytes),
    MEMBER(REQUEST, "receivedBytes", NUMBER, entry.request.received_bytes),

    MEMBER(LINE, "dropped", NUMBER, dropped),
    MEMBER(LINE, "error", TEXT, error),

    MEMBER(LINE, "version", TEXT, run.version),
    INNER(LINE, "timeOrigin", ORIGIN),
    MEMBER(ORIGIN, "monotonicNs", NUMBER, run.time_origin_ns),
    MEMBER(ORIGIN, "unixNs", NUMBER, run.time_origin_unix_ns),
    INNER(LINE, "clock", CLOCK),
    MEMBER(CLOCK, "monotonicNs", NUMBER, run.clock_ns),
    MEMBER(CLOCK, "unixNs", NUMBER, run.clock_unix_ns),
    MEMBER(LINE, "host", TEXT, run.host),
    MEMBER(LINE, "bootId", TEXT, run.boot_id),
    MEMBER(LINE, "kernel", TEXT, run.kernel),
    INNER(LINE, "hooks", HOOKS),
    MEMBER(HOOKS, "connect", TEXT, run.hook_connect),
    MEMBER(HOOKS, "state", TEXT, run.hook_state),
    MEMBER(HOOKS, "wire", TEXT, run.hook_wire),
    MEMBER(HOOKS, "tls", TEXT, run.hook_tls),
    MEMBER(HOOKS, "discovery", TEXT, run.hook_discovery),
};

enum { MEMBERS = sizeof(members) / sizeof(members[0]) };

static bool is_named(const struct cs_member *member, enum cs_object object, const char *key,
                     size_t length)
{
    return member->object == object && strlen(member->key) == length &&
           !memcmp(member->key, key, length);
}

const struct cs_member *cs_member_find(enum cs_object object, const char *key, size_t length,
                                       size_t *hint)
{
    for (size_t i = 0; object != CS_OBJECT_OTHER && i < MEMBERS; i++) {
        size_t at = (*hint + i) % MEMBERS;

        if (!is_named(&members[at], object, key, length))
            continue;
        *hint = at + 1;
        return &members[at];
    }
    return NULL;
}
