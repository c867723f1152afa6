/* SPDX-License-Identifier: MIT */
/*
 * Times are microseconds since timeOrigin, with nanoseconds behind the point. Nestable events (b,
 * n, e) belong together by category, id and process, and must nest: the id is the entry's, since
 * requests of one connection overlap (HTTP/2). A process gets its name before its first event and
 * again from time to time: no list of all processes is kept.
 */
#include "user/sink/trace.h"

#include <string.h>

#include "user/sink/entry_json.h"
#include "user/sink/json.h"
#include "user/sink/span.h"

static void put_us(struct cs_buf *out, uint64_t ns)
{
    char fraction[4] = {'.', (char)('0' + ns / 100 % 10), (char)('0' + ns / 10 % 10),
                        (char)('0' + ns % 10)};

    cs_json_number(out, ns / 1000);
    cs_buf_add(out, fraction, sizeof(fraction));
}

/* Up to the name, which is the caller's to write. */
static void put_event(struct cs_buf *out, const struct connspan_entry *entry, const char *phase,
                      uint64_t at_ns)
{
    cs_buf_text(out, ",\n{\"ph\":\"");
    cs_buf_text(out, phase);
    cs_buf_text(out, "\",\"cat\":\"connection\",\"id\":\"");
    cs_json_number(out, entry->sequence);
    cs_buf_text(out, "\",\"pid\":");
    cs_json_number(out, entry->process.pid);
    cs_buf_text(out, ",\"tid\":");
    cs_json_number(out, entry->process.tid);
    cs_buf_text(out, ",\"ts\":");
    put_us(out, at_ns);
    cs_buf_text(out, ",\"name\":");
}

static void put_point(struct cs_buf *out, const struct connspan_entry *entry, const char *phase,
                      uint64_t at_ns, const char *name)
{
    put_event(out, entry, phase, at_ns);
    cs_json_text(out, name);
    cs_buf_add(out, "}", 1);
}

/* A phase that failed, or was left, ends with the entry. */
static void put_phase(struct cs_buf *out, const struct connspan_entry *entry, const char *name,
                      uint64_t start_ns, uint64_t end_ns)
{
    if (start_ns == CONNSPAN_UNKNOWN)
        return;
    if (end_ns == CONNSPAN_UNKNOWN)
        end_ns = entry->start_time + entry->duration;
    put_point(out, entry, "b", start_ns, name);
    put_point(out, entry, "e", end_ns, name);
}

static void put_fact(struct cs_buf *out, const char *key, const char *text)
{
    if (!text || !*text)
        return;
    cs_buf_text(out, key);
    cs_json_text(out, text);
}

static void put_facts(struct cs_buf *out, const struct connspan_entry *entry)
{
    const struct connspan_connection *connection = &entry->connection;

    cs_buf_text(out, ",\"args\":{\"outcome\":");
    cs_json_text(out, cs_outcome_name(connection->outcome));
    put_fact(out, ",\"role\":", cs_role_name(connection->role));
    cs_buf_text(out, ",\"connectionId\":\"");
    cs_json_number(out, connection->id);
    cs_buf_add(out, "\"", 1);
    put_fact(out, ",\"errorPhase\":", connection->error.phase);
    put_fact(out, ",\"errorCode\":", connection->error.code);
    put_fact(out, ",\"method\":", entry->request.method);
    if (entry->request.status) {
        cs_buf_text(out, ",\"responseStatus\":");
        cs_json_number(out, entry->request.status);
    }
    put_fact(out, ",\"remoteAddress\":", connection->remote_address);
    cs_buf_text(out, ",\"remotePort\":");
    cs_json_known(out, connection->remote_port);
    put_fact(out, ",\"tlsVersion\":", entry->tls.version);
    put_fact(out, ",\"cipher\":", entry->tls.cipher);
    cs_buf_text(out, ",\"timestamp\":");
    cs_json_timestamp(out, entry->unix_ns);
    cs_buf_add(out, "}}", 2);
}

/* FNV-1a of the name, so that exec(3) renames; 0 is an empty place. */
static uint64_t tag_of(const struct connspan_process *process)
{
    uint64_t hash = 0xcbf29ce484222325u ^ process->pid;

    for (const char *at = process->comm; *at; at++)
        hash = (hash ^ (unsigned char)*at) * 0x100000001b3u;
    return hash | 1;
}

static void name_process(struct cs_sink *sink, struct cs_buf *out,
                         const struct connspan_process *process)
{
    uint64_t *place = &sink->named[process->pid % CS_NAMED_PIDS];

    if (!process->comm || !*process->comm || *place == tag_of(process))
        return;
    *place = tag_of(process);
    /* A metadata event needs neither category nor time; DevTools wants them as Chrome has them. */
    cs_buf_text(out, ",\n{\"ph\":\"M\",\"cat\":\"__metadata\",\"ts\":0,\"pid\":");
    cs_json_number(out, process->pid);
    cs_buf_text(out, ",\"tid\":");
    cs_json_number(out, process->pid);
    cs_buf_text(out, ",\"name\":\"process_name\",\"args\":{\"name\":");
    cs_json_text(out, process->comm);
    cs_buf_text(out, "}}");
}

static void put_header(struct cs_sink *sink, struct cs_buf *out, const struct connspan_run *run)
{
    memset(sink->named, 0, sizeof(sink->named));
    cs_buf_text(out, "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"version\":");
    cs_json_text(out, run->version);
    cs_buf_text(out, ",\"host\":");
    cs_json_text(out, run->host);
    cs_buf_text(out, ",\"timeOrigin\":");
    cs_json_timestamp(out, run->time_origin_unix_ns);
    cs_buf_text(out, "},\"traceEvents\":[");
}

static void put_entry(struct cs_sink *sink, struct cs_buf *out, const struct connspan_entry *entry)
{
    const struct connspan_phases *phases = &entry->phases;

    name_process(sink, out, &entry->process);
    put_event(out, entry, "b", entry->start_time);
    cs_json_text(out, entry->name);
    put_facts(out, entry);
    put_phase(out, entry, "DNS", phases->domain_lookup_start, phases->domain_lookup_end);
    put_phase(out, entry, "TCP", cs_span_tcp_start_ns(entry), phases->tcp_established);
    put_phase(out, entry, "TLS", phases->tls_start, phases->tls_end);
    if (phases->failed != CONNSPAN_UNKNOWN)
        put_point(out, entry, "n", phases->failed, "failed");
    put_point(out, entry, "e", entry->start_time + entry->duration, entry->name);
}

const struct cs_format cs_trace = {
    .name = "trace",
    .extension = ".trace.json",
    .shape = CS_DOCUMENT,
    .mode = 0600,
    .tail = "\n]}\n",
    .header = put_header,
    .entry = put_entry,
};
