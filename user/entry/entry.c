/* SPDX-License-Identifier: MIT */
/* One function per group of docs/format.md. */
#include "user/entry/entry.h"

#include "user/entry/timing.h"
#include "user/tls/cipher.h"
#include "user/tls/version.h"

static const char *const start_sources[] = {
    [CS_START_UNKNOWN] = NULL,
    [CS_START_FENTRY] = "fentry",
    [CS_START_KPROBE] = "kprobe",
    [CS_START_CGROUP] = "cgroup_connect",
    [CS_START_STATE] = "state",
    [CS_START_SYN] = "syn",
    [CS_START_ESTABLISHED] = "established",
};

static const char *start_source(uint8_t source)
{
    return source < sizeof(start_sources) / sizeof(start_sources[0]) ? start_sources[source] : NULL;
}

static const char *end_source(const struct cs_tls_record *tls)
{
    if (!tls->end_ns)
        return NULL;
    return tls->end_by_uprobe ? "uprobe" : "wire";
}

static const char *bound_by(uint8_t by)
{
    if (by == CS_BOUND_THREAD)
        return "thread";
    return by == CS_BOUND_FD ? "fd" : "none";
}

static const char *unless_empty(const char *text)
{
    return text[0] ? text : NULL;
}

/* NULL: a lookup that failed led to no connection. */
static const char *family_of(const struct cs_facts *facts, const struct cs_address *remote)
{
    if (!facts->family)
        return NULL;
    return remote->is_ipv6 ? "ipv6" : "ipv4";
}

static void fill_connection(const struct cs_record *record, struct cs_entry_text *text,
                            struct connspan_connection *out)
{
    const struct cs_facts *facts = &record->facts;

    cs_address_read(facts->family, facts->local_address, &text->local);
    cs_address_read(facts->family, facts->remote_address, &text->remote);
    *out = (struct connspan_connection){
        .id = record->id,
        .role = facts->role == CS_ROLE_SERVER ? CONNSPAN_ROLE_SERVER : CONNSPAN_ROLE_CLIENT,
        .outcome = record->outcome,
        .error = {record->error_phase, record->error_code, record->error_detail},
        .local_address = text->local.is_known ? text->local.text : NULL,
        .remote_address = text->remote.is_known ? text->remote.text : NULL,
        .local_port = facts->local_port,
        .remote_port = facts->remote_port,
        .family = family_of(facts, &text->remote),
        .netns = facts->netns,
        .syn_retransmits = facts->syn_retransmits,
        .rtt_us = facts->rtt_us,
        .tfo = facts->flags & CS_CONN_TFO,
        .preexisting = facts->flags & CS_CONN_PREEXISTING,
        .late = record->late,
        .reused = record->reused,
        .start_source = start_source(facts->start_source),
        .flags = text->flags,
    };
}

static const struct cs_address *named_address(const struct cs_record *record,
                                              const struct cs_entry_text *text)
{
    return record->facts.role == CS_ROLE_SERVER ? &text->local : &text->remote;
}

static void fill_process(const struct cs_record *record, struct cs_entry_text *text,
                         struct connspan_process *out)
{
    const struct cs_process *process = &record->facts.process;

    *out = (struct connspan_process){
        .pid = process->tgid,
        .tid = process->tid,
        .uid = process->uid,
        .comm = process->comm,
        .thread = process->thread,
        .exe = record->exe,
        .cgroup = record->cgroup,
        .container_id = record->cgroup ? cs_container_id(record->cgroup, text->container_id) : NULL,
    };
}

static void fill_tls(const struct cs_tls_record *tls, struct cs_entry_text *text,
                     struct connspan_tls *out)
{
    const struct cs_tls_facts *wire = &tls->wire;

    *out = (struct connspan_tls){
        .present = true,
        .version = wire->version ? cs_tls_version_name(wire->version) : NULL,
        .cipher = wire->version ? cs_cipher_name(wire->cipher) : NULL,
        .alpn = unless_empty(wire->alpn),
        .server_name = unless_empty(wire->server_name),
        .resumed = wire->resumed,
        .early_data = wire->client_hello_ns ? wire->early_data_offered : -1,
        .library = tls->library,
        .start_source = tls->start_by_uprobe ? "uprobe" : "wire",
        .end_source = end_source(tls),
        .bound_by = bound_by(tls->bound_by),
        .calls = tls->calls,
        .alpn_offered = text->alpn_offered,
        .alpn_offered_count = wire->alpn_offered_count,
        .hello_retry = wire->client_hello_ns ? wire->hello_retry : -1,
    };
    for (int i = 0; i < wire->alpn_offered_count; i++)
        text->alpn_offered[i] = wire->alpn_offered[i];
}

static const char *const tunnel_kinds[] = {
    [CS_TUNNEL_SOCKS4] = "socks4",
    [CS_TUNNEL_SOCKS5] = "socks5",
    [CS_TUNNEL_CONNECT] = "connect",
    [CS_TUNNEL_HTTPS] = "https",
};

static void fill_proxy(const struct cs_record *record, struct cs_entry_text *text,
                       struct connspan_proxy *out)
{
    bool has_target = record->tunnel->target_host[0]; /* else it refused before it was asked */

    if (has_target)
        cs_name_write_target(record->tunnel, text->target);
    *out = (struct connspan_proxy){
        .kind = tunnel_kinds[record->tunnel->kind],
        .target = has_target ? text->target : NULL,
        .server_name = record->proxy_server_name,
    };
}

static bool fill_flags(const struct cs_record *record, struct cs_entry_text *text,
                       struct connspan_entry *out)
{
    bool in_order = cs_timing_in_order(record, out);
    size_t count = 0;

    if (!in_order)
        text->flags[count++] = "order";
    if (record->facts.flags & CS_CONN_MPTCP)
        text->flags[count++] = "mptcp";
    if (record->capture_limit)
        text->flags[count++] = "limit";
    if (record->tls.marks_disagree)
        text->flags[count++] = "marks";
    if (record->request)
        count = cs_request_flags(record->request, text->flags, count);
    out->connection.flag_count = count;
    return in_order;
}

bool cs_entry_build(const struct cs_record *record, const struct cs_origin *origin,
                    struct cs_entry_text *text, struct connspan_entry *out)
{
    uint64_t start_ns = cs_timing_start_ns(record);
    uint64_t dated_ns = start_ns ? start_ns : record->done_ns; /* no line without a date */

    *out = (struct connspan_entry){
        .size = sizeof(*out),
        .name = text->name,
        .unix_ns = origin->clock_unix_ns + (dated_ns - origin->clock_ns),
        .next_hop_protocol = "",
    };
    fill_connection(record, text, &out->connection);
    cs_timing_fill(record, origin->origin_ns, out);
    cs_name_write(record, named_address(record, text), text->name);
    fill_process(record, text, &out->process);
    if (record->tls.present)
        fill_tls(&record->tls, text, &out->tls);
    if (record->tunnel)
        fill_proxy(record, text, &out->proxy);
    if (record->outcome == CONNSPAN_CONNECTED && out->tls.alpn)
        out->next_hop_protocol = out->tls.alpn;
    if (record->request)
        cs_request_fill(record, out, text->url);
    return fill_flags(record, text, out);
}
