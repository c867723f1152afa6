/* SPDX-License-Identifier: MIT */
/* The groups of an entry; its marks are tested in timing.c. */
#include "user/entry/entry.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <string.h>

#include "tests/harness/capture.h"
#include "tests/harness/events.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct cs_origin origin = {
    .origin_ns = S,
    .clock_ns = 2 * S,
    .clock_unix_ns = 1700000000 * S,
};

static struct cs_entry_text text;
static struct connspan_entry entry;

static struct cs_record plain(void)
{
    return (struct cs_record){
        .id = 42,
        .facts = ev_facts(),
        .outcome = CONNSPAN_CONNECTED,
        .done_ns = EV_ESTABLISHED,
    };
}

static struct cs_record tls(void)
{
    struct cs_record record = plain();

    record.tls = (struct cs_tls_record){
        .present = true,
        .wire = {.state = CS_TLS_DONE,
                 .client_hello_ns = EV_ESTABLISHED + MS,
                 .version = 0x0304,
                 .cipher = 0x1301,
                 .alert = -1,
                 .resumed = 1,
                 .server_name = "example.com",
                 .alpn_offered = {"h2", "http/1.1"},
                 .alpn_offered_count = 2},
        .start_ns = EV_ESTABLISHED + MS,
        .end_ns = EV_ESTABLISHED + 9 * MS,
        .end_by_uprobe = true,
        .bound_by = CS_BOUND_THREAD,
        .calls = 3,
        .library = "/usr/lib/libssl.so.3",
    };
    return record;
}

static bool build(const struct cs_record *record)
{
    memset(&text, 0xee, sizeof(text));
    return cs_entry_build(record, &origin, &text, &entry);
}

Test(entry, connection_and_process)
{
    struct cs_record record = plain();

    record.exe = "/usr/bin/curl";
    record.cgroup = "/docker/" ID;
    cr_expect(build(&record));
    cr_expect_eq(entry.size, sizeof(entry));
    cr_expect_str_eq(entry.name, "tcp://192.0.2.1:443");
    cr_expect_str_eq(entry.next_hop_protocol, "");
    cr_expect_eq(entry.unix_ns, 1700000000 * S + (EV_START - 2 * S));
    cr_expect_eq(entry.connection.id, 42);
    cr_expect_eq(entry.connection.role, CONNSPAN_ROLE_CLIENT);
    cr_expect_eq(entry.connection.outcome, CONNSPAN_CONNECTED);
    cr_expect_null(entry.connection.error.phase);
    cr_expect_str_eq(entry.connection.local_address, "10.0.0.1");
    cr_expect_str_eq(entry.connection.remote_address, "192.0.2.1");
    cr_expect_eq(entry.connection.local_port, 40000);
    cr_expect_eq(entry.connection.remote_port, 443);
    cr_expect_str_eq(entry.connection.family, "ipv4");
    cr_expect_eq(entry.connection.netns, 4026531840);
    cr_expect_eq(entry.connection.rtt_us, 20000);
    cr_expect_str_eq(entry.connection.start_source, "fentry");
    cr_expect_eq(entry.connection.race_start, CONNSPAN_UNKNOWN);
    cr_expect_eq(entry.connection.flag_count, 0);
    cr_expect_eq(entry.process.pid, 100);
    cr_expect_eq(entry.process.tid, 101);
    cr_expect_eq(entry.process.uid, 1000);
    cr_expect_str_eq(entry.process.comm, "curl");
    cr_expect_str_eq(entry.process.thread, "worker");
    cr_expect_str_eq(entry.process.exe, "/usr/bin/curl");
    cr_expect_str_eq(entry.process.container_id, ID);
    cr_expect_not(entry.tls.present);
}

Test(entry, what_is_unknown_is_null)
{
    struct cs_record record = plain();

    memset(record.facts.local_address, 0, 16);
    record.facts.start_source = 99;
    build(&record);
    cr_expect_null(entry.connection.local_address);
    cr_expect_null(entry.connection.start_source);
    cr_expect_null(entry.process.exe);
    cr_expect_null(entry.process.cgroup);
    cr_expect_null(entry.process.container_id);
}

Test(entry, families)
{
    struct cs_record record = plain();

    record.facts.family = AF_INET6;
    inet_pton(AF_INET6, "2001:db8::1", record.facts.remote_address);
    build(&record);
    cr_expect_str_eq(entry.connection.family, "ipv6");
    cr_expect_str_eq(entry.connection.remote_address, "2001:db8::1");
    inet_pton(AF_INET6, "::ffff:192.0.2.9", record.facts.remote_address);
    build(&record);
    cr_expect_str_eq(entry.connection.family, "ipv4");
    cr_expect_str_eq(entry.connection.remote_address, "192.0.2.9");
}

Test(entry, start_sources)
{
    static const char *const names[] = {
        [CS_START_FENTRY] = "fentry",
        [CS_START_KPROBE] = "kprobe",
        [CS_START_CGROUP] = "cgroup_connect",
        [CS_START_STATE] = "state",
        [CS_START_SYN] = "syn",
        [CS_START_ESTABLISHED] = "established",
    };
    struct cs_record record = plain();

    for (uint8_t i = CS_START_FENTRY; i <= CS_START_ESTABLISHED; i++) {
        record.facts.start_source = i;
        build(&record);
        cr_expect_str_eq(entry.connection.start_source, names[i]);
    }
}

Test(entry, an_error_is_carried)
{
    struct cs_record record = plain();

    record.outcome = CONNSPAN_FAILED;
    record.failed_ns = record.done_ns;
    record.error_phase = "tcp";
    record.error_code = "ECONNREFUSED";
    record.error_detail = "why";
    build(&record);
    cr_expect_eq(entry.connection.outcome, CONNSPAN_FAILED);
    cr_expect_str_eq(entry.connection.error.phase, "tcp");
    cr_expect_str_eq(entry.connection.error.code, "ECONNREFUSED");
    cr_expect_str_eq(entry.connection.error.detail, "why");
}

Test(entry, tls_group)
{
    struct cs_record record = tls();

    cr_expect(build(&record));
    cr_expect_str_eq(entry.name, "https://example.com/");
    cr_expect(entry.tls.present);
    cr_expect_str_eq(entry.tls.version, "1.3");
    cr_expect_str_eq(entry.tls.cipher, "TLS_AES_128_GCM_SHA256");
    cr_expect_null(entry.tls.alpn);
    cr_expect_str_eq(entry.next_hop_protocol, "");
    cr_expect_str_eq(entry.tls.server_name, "example.com");
    cr_expect_eq(entry.tls.resumed, 1);
    cr_expect_eq(entry.tls.early_data, 0);
    cr_expect_str_eq(entry.tls.library, "/usr/lib/libssl.so.3");
    cr_expect_str_eq(entry.tls.start_source, "wire");
    cr_expect_str_eq(entry.tls.end_source, "uprobe");
    cr_expect_str_eq(entry.tls.bound_by, "thread");
    cr_expect_eq(entry.tls.calls, 3);
    cr_expect_eq(entry.tls.alpn_offered_count, 2);
    cr_expect_str_eq(entry.tls.alpn_offered[0], "h2");
    cr_expect_str_eq(entry.tls.alpn_offered[1], "http/1.1");
}

Test(entry, a_protocol_chosen_in_clear_is_the_next_hop)
{
    struct cs_record record = tls();

    strcpy(record.tls.wire.alpn, "h2");
    record.tls.bound_by = CS_BOUND_FD;
    build(&record);
    cr_expect_str_eq(entry.tls.alpn, "h2");
    cr_expect_str_eq(entry.next_hop_protocol, "h2");
    cr_expect_str_eq(entry.tls.bound_by, "fd");
    record.outcome = CONNSPAN_FAILED;
    build(&record);
    cr_expect_str_eq(entry.next_hop_protocol, "");
}

Test(entry, tls_that_never_got_an_answer)
{
    struct cs_record record = tls();

    record.outcome = CONNSPAN_FAILED;
    record.tls.wire = (struct cs_tls_facts){.alert = -1, .resumed = -1};
    record.tls.end_ns = 0;
    record.tls.bound_by = CS_BOUND_NONE;
    build(&record);
    cr_expect_str_eq(entry.name, "tls://192.0.2.1:443");
    cr_expect_null(entry.tls.version);
    cr_expect_null(entry.tls.cipher);
    cr_expect_null(entry.tls.server_name);
    cr_expect_null(entry.tls.end_source);
    cr_expect_eq(entry.tls.early_data, -1);
    cr_expect_eq(entry.tls.resumed, -1);
    cr_expect_str_eq(entry.tls.bound_by, "none");
}

Test(entry, flags)
{
    struct cs_record record = tls();

    record.facts.flags = CS_CONN_MPTCP | CS_CONN_TFO;
    record.facts.established_ns = EV_START - 1;
    record.capture_limit = true;
    record.tls.marks_disagree = true;
    cr_expect_not(build(&record));
    cr_assert_eq(entry.connection.flag_count, 4);
    cr_expect_str_eq(entry.connection.flags[0], "order");
    cr_expect_str_eq(entry.connection.flags[1], "mptcp");
    cr_expect_str_eq(entry.connection.flags[2], "limit");
    cr_expect_str_eq(entry.connection.flags[3], "marks");
    cr_expect(entry.connection.tfo);
}

Test(entry, an_entry_without_a_start_is_dated_by_its_end)
{
    struct cs_record record = plain();

    record.facts.start_ns = 0;
    build(&record);
    cr_expect_eq(entry.start_time, CONNSPAN_UNKNOWN);
    cr_expect_eq(entry.unix_ns, 1700000000 * S + (EV_ESTABLISHED - 2 * S));
}

static bool shows_late(const struct cs_record *record)
{
    build(record);
    return entry.connection.late;
}

Test(entry, late_and_preexisting_are_said)
{
    struct cs_record record = tls();

    cr_expect_not(shows_late(&record));
    record.late = true;
    cr_expect(shows_late(&record));
    cr_expect_not(entry.connection.preexisting);
    record.facts.flags = CS_CONN_PREEXISTING;
    build(&record);
    cr_expect(entry.connection.preexisting);
}

/* From bytes to entry in one go. */
Test(entry, of_a_real_handshake)
{
    struct capture run;

    capture_open(&run, 0);
    GIVE(&run, ev_connection(1, EV_ESTABLISHED + MS, CS_REASON_TLS));
    GIVE(&run, ev_chunk(1, EV_ESTABLISHED + MS, STEP_CLIENT_HELLO));
    GIVE(&run, ev_chunk(1, EV_ESTABLISHED + 5 * MS, STEP_SERVER_HELLO));
    GIVE(&run, ev_chunk(1, EV_ESTABLISHED + 5 * MS, STEP_SERVER_FLIGHT));
    GIVE(&run, ev_chunk(1, EV_ESTABLISHED + 9 * MS, STEP_CLIENT_FINISHED));
    cr_assert_eq(run.count, 1);
    cr_expect(build(&run.records[0]));
    cr_expect_str_eq(entry.name, "https://example.com/");
    cr_expect_str_eq(entry.tls.version, "1.3");
    cr_expect_str_eq(entry.tls.cipher, "TLS_AES_256_GCM_SHA384");
    cr_expect_eq(entry.connect_end, EV_ESTABLISHED + 9 * MS - S);
    capture_close(&run);
}

/* What the connection goes by is an origin, with a slash of its own. */
Test(entry, request_that_names_no_host)
{
    struct cs_http_exchange request = {.method = "GET", .url = {.path = "/nohost"}};
    struct cs_record record = tls();

    record.facts.remote_port = 8443;
    record.request = &request;
    build(&record);
    cr_expect_str_eq(entry.name, "https://example.com:8443/nohost");
}
