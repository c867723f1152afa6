/* SPDX-License-Identifier: MIT */
/* Built by hand, so that no other room can change what these tests see. */
#include "tests/unit/sink/sample.h"

#define MS 1000000ULL

const struct connspan_run sample_run = {
    .version = "0.1.0",
    .time_origin_ns = 5000000001,
    .time_origin_unix_ns = 1767225600000000002,
    .clock_ns = 6000000003,
    .clock_unix_ns = 1767225601000000004,
    .host = "host",
    .boot_id = "01234567-89ab-cdef-0123-456789abcdef",
    .kernel = "6.18.44",
    .hook_connect = "fentry",
    .hook_state = "tp_btf",
    .hook_wire = "cgroup_skb",
    .hook_tls = "uprobe_multi",
    .hook_discovery = "mmap2",
    .libraries = 2,
};

struct connspan_entry sample_plain(void)
{
    return (struct connspan_entry){
        .size = sizeof(struct connspan_entry),
        .sequence = 1,
        .name = "tcp://192.0.2.1:5432",
        .unix_ns = 1767225600123456789,
        .start_time = 100 * MS,
        .duration = 2 * MS,
        .fetch_start = 100 * MS,
        .domain_lookup_start = 100 * MS,
        .domain_lookup_end = 100 * MS,
        .connect_start = 100 * MS,
        .connect_end = 102 * MS,
        .response_end = 102 * MS,
        .next_hop_protocol = "",
        .phases = {100 * MS, 102 * MS, CONNSPAN_UNKNOWN, CONNSPAN_UNKNOWN, CONNSPAN_UNKNOWN,
                   CONNSPAN_UNKNOWN, CONNSPAN_UNKNOWN},
        .connection = {.id = 9007199254740993, /* 2^53 + 1 */
                       .local_address = "10.0.0.1",
                       .local_port = 40000,
                       .remote_address = "192.0.2.1",
                       .remote_port = 5432,
                       .family = "ipv4",
                       .netns = 4026531840,
                       .rtt_us = 2000,
                       .start_source = "fentry",
                       .race_start = CONNSPAN_UNKNOWN},
        .process = {.pid = 100,
                    .tid = 101,
                    .uid = 0,
                    .comm = "psql",
                    .thread = "psql",
                    .exe = "/usr/bin/psql",
                    .cgroup = "/user.slice"},
    };
}

struct connspan_entry sample_tls(void)
{
    static const char *const offered[] = {"h2", "http/1.1"};
    static const char *const flags[] = {"mptcp"};
    struct connspan_entry entry = sample_plain();

    entry.sequence = 2;
    entry.name = "https://example.com/";
    entry.secure_connection_start = 102 * MS + 250000;
    entry.connect_end = entry.response_end = 125 * MS;
    entry.duration = 25 * MS;
    entry.phases.tls_start = 102 * MS + 250000;
    entry.phases.tls_end = 125 * MS;
    entry.next_hop_protocol = "h2";
    entry.connection.remote_port = 443;
    entry.connection.flags = flags;
    entry.connection.flag_count = 1;
    entry.connection.syn_retransmits = 2;
    entry.connection.tfo = true;
    entry.connection.race_start = 99 * MS;
    entry.process.comm = "curl";
    entry.process.container_id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    entry.tls = (struct connspan_tls){.present = true,
                                      .version = "1.3",
                                      .cipher = "TLS_AES_256_GCM_SHA384",
                                      .alpn = "h2",
                                      .server_name = "example.com",
                                      .resumed = 1,
                                      .early_data = 0,
                                      .library = "/usr/lib/libssl.so.3",
                                      .start_source = "uprobe",
                                      .end_source = "wire",
                                      .bound_by = "thread",
                                      .calls = 3,
                                      .alpn_offered = offered,
                                      .alpn_offered_count = 2,
                                      .hello_retry = 1};
    return entry;
}

struct connspan_entry sample_failed(void)
{
    struct connspan_entry entry = sample_plain();

    entry.sequence = 3;
    entry.domain_lookup_start = entry.domain_lookup_end = 0;
    entry.connect_start = entry.connect_end = 0;
    entry.phases.tcp_established = CONNSPAN_UNKNOWN;
    entry.phases.failed = 102 * MS;
    entry.connection.outcome = CONNSPAN_FAILED;
    entry.connection.error = (struct connspan_error){"tcp", "ECONNREFUSED", NULL};
    entry.connection.rtt_us = 0;
    return entry;
}

struct connspan_entry sample_no_name(void)
{
    struct connspan_entry entry = sample_failed();

    entry.name = "tcp://none.example";
    entry.phases.connect_start = CONNSPAN_UNKNOWN;
    entry.phases.domain_lookup_start = 100 * MS;
    entry.phases.domain_lookup_end = 102 * MS;
    entry.connection.error = (struct connspan_error){"dns", "NXDOMAIN", NULL};
    return entry;
}

struct connspan_entry sample_unknown(void)
{
    struct connspan_entry entry = sample_tls();

    entry.sequence = 4;
    entry.name = "tls://192.0.2.1:443";
    entry.start_time = entry.fetch_start = entry.secure_connection_start;
    entry.domain_lookup_start = entry.domain_lookup_end = entry.connect_start = 0;
    entry.next_hop_protocol = "";
    entry.phases.connect_start = entry.phases.tcp_established = CONNSPAN_UNKNOWN;
    entry.connection = (struct connspan_connection){.id = 4,
                                                    .role = CONNSPAN_ROLE_SERVER,
                                                    .family = "ipv6",
                                                    .preexisting = true,
                                                    .late = true,
                                                    .race_start = CONNSPAN_UNKNOWN};
    entry.process = (struct connspan_process){.comm = "", .thread = ""};
    entry.tls = (struct connspan_tls){
        .present = true, .start_source = "wire", .resumed = -1, .early_data = -1};
    return entry;
}

struct connspan_stats sample_stats(void)
{
    static const struct connspan_loss losses[] = {
        {"ringConnection", 1}, {"ringChunk", 2},       {"ringBind", 3},     {"ringHandshake", 4},
        {"ringEnd", 5},        {"connectionsFull", 6}, {"bindConflict", 7}, {"pendingFull", 8},
        {"mmap", 9},           {"library", 10},        {"output", 11},      {"order", 12},
        {"event", 13},         {"tape", 14},           {"hook", 15},        {"tree", 16},
        {"marksDisagree", 17}, {"ringDns", 18},        {"dns", 19},         {"ringTurn", 20},
        {"turnsFull", 21},     {"request", 22},        {"forgotten", 23},
    };

    return (struct connspan_stats){.entries = 1000,
                                   .failures = 20,
                                   .dropped = 105,
                                   .losses = losses,
                                   .loss_count = sizeof(losses) / sizeof(losses[0])};
}
