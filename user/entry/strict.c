/* SPDX-License-Identifier: MIT */
/* Opaque first: what is zero stays zero when it is coarsened. */
#include "user/entry/strict.h"

#include "user/http/fetch.h"

enum { GRAIN_NS = 100000, GRAIN_US = 100 };

/* The status of a response that the page may read is not its timing. */
static void hide_request(const struct cs_http_fetch *fetch, struct connspan_request *request)
{
    if (fetch->mode != CS_FETCH_CORS) {
        request->status = 0;
        request->content_type = request->content_encoding = "";
    }
    request->encoded_body_size = request->transfer_size = 0;
    request->sent_bytes = request->received_bytes = 0;
}

static void hide_connection(struct connspan_entry *entry)
{
    entry->phases = (struct connspan_phases){CONNSPAN_UNKNOWN, CONNSPAN_UNKNOWN, CONNSPAN_UNKNOWN,
                                             CONNSPAN_UNKNOWN, CONNSPAN_UNKNOWN, CONNSPAN_UNKNOWN,
                                             CONNSPAN_UNKNOWN};
    entry->connection.rtt_us = 0;
    entry->connection.syn_retransmits = 0;
    entry->connection.race_start = CONNSPAN_UNKNOWN;
    entry->connection.reused = false;
    entry->tls.calls = 0;
}

static void make_opaque(const struct cs_http_fetch *fetch, struct connspan_entry *entry)
{
    entry->fetch_start = entry->start_time;
    entry->domain_lookup_start = entry->domain_lookup_end = 0;
    entry->connect_start = entry->secure_connection_start = entry->connect_end = 0;
    entry->request_start = entry->first_interim_response_start = 0;
    entry->final_response_headers_start = entry->response_start = 0;
    entry->next_hop_protocol = "";
    hide_request(fetch, &entry->request);
    hide_connection(entry);
}

static void coarsen(uint64_t *time_ns)
{
    if (*time_ns != CONNSPAN_UNKNOWN)
        *time_ns -= *time_ns % GRAIN_NS;
}

static void coarsen_all(struct connspan_entry *entry)
{
    uint64_t *const times[] = {
        &entry->unix_ns,
        &entry->start_time,
        &entry->fetch_start,
        &entry->domain_lookup_start,
        &entry->domain_lookup_end,
        &entry->connect_start,
        &entry->connect_end,
        &entry->secure_connection_start,
        &entry->request_start,
        &entry->first_interim_response_start,
        &entry->final_response_headers_start,
        &entry->response_start,
        &entry->response_end,
        &entry->phases.domain_lookup_start,
        &entry->phases.domain_lookup_end,
        &entry->phases.connect_start,
        &entry->phases.tcp_established,
        &entry->phases.tls_start,
        &entry->phases.tls_end,
        &entry->phases.failed,
        &entry->connection.race_start,
    };

    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
        coarsen(times[i]);
    entry->duration =
        entry->response_end > entry->start_time ? entry->response_end - entry->start_time : 0;
    entry->connection.rtt_us -= entry->connection.rtt_us % GRAIN_US;
}

/* One to one (the finalizer of SplitMix64), so ids stay unique. */
static uint64_t scramble(uint64_t id, uint64_t secret)
{
    id ^= secret;
    id = (id ^ id >> 30) * 0xbf58476d1ce4e5b9;
    id = (id ^ id >> 27) * 0x94d049bb133111eb;
    return id ^ id >> 31;
}

void cs_strict_apply(const struct cs_record *record, uint64_t secret, struct connspan_entry *entry)
{
    if (record->request && cs_fetch_is_opaque(&record->request->fetch, entry->name))
        make_opaque(&record->request->fetch, entry);
    coarsen_all(entry);
    entry->connection.id = scramble(entry->connection.id, secret);
}
