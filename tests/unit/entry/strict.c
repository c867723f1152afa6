/* SPDX-License-Identifier: MIT */
/* What a page may not see is not in the entry. */
#include "user/entry/strict.h"

#include <criterion/criterion.h>
#include <string.h>

static const uint64_t secret = 0x123456789abcdef0;
static struct cs_http_exchange request;
static struct cs_record record;
static struct connspan_entry entry;

static void set_up(void)
{
    static const struct cs_http_exchange asked = {
        .status = 200,
        .fetch = {.mode = CS_FETCH_NO_CORS, .origin = "http://a.example"},
    };

    request = asked;
    record = (struct cs_record){.request = &request};
    entry = (struct connspan_entry){
        .name = "http://b.example/x",
        .unix_ns = 5000123456,
        .start_time = 1000123456,
        .duration = 9876544,
        .fetch_start = 1000123456,
        .domain_lookup_start = 1000123456,
        .domain_lookup_end = 1000123456,
        .connect_start = 1000123456,
        .connect_end = 1001999999,
        .request_start = 1002000001,
        .final_response_headers_start = 1003000000,
        .response_start = 1003000000,
        .response_end = 1010000000,
        .next_hop_protocol = "http/1.1",
        .phases = {1000123456, 1001999999, CONNSPAN_UNKNOWN, CONNSPAN_UNKNOWN, CONNSPAN_UNKNOWN,
                   1000123456, 1000123456},
        .connection = {.id = 7, .rtt_us = 1234, .race_start = CONNSPAN_UNKNOWN, .reused = true},
        .request = {.present = true,
                    .method = "GET",
                    .status = 200,
                    .content_type = "text/html",
                    .content_encoding = "gzip",
                    .encoded_body_size = 10,
                    .transfer_size = 310,
                    .sent_bytes = 99,
                    .received_bytes = 199},
    };
}

TestSuite(strict, .init = set_up);

Test(strict, of_a_foreign_fetch_only_its_span_is_left)
{
    cs_strict_apply(&record, secret, &entry);
    cr_expect_eq(entry.start_time, 1000100000);
    cr_expect_eq(entry.fetch_start, 1000100000);
    cr_expect_eq(entry.response_end, 1010000000);
    cr_expect_eq(entry.duration, 9900000);
    cr_expect_eq(entry.domain_lookup_start | entry.domain_lookup_end, 0);
    cr_expect_eq(entry.connect_start | entry.secure_connection_start | entry.connect_end, 0);
    cr_expect_eq(entry.request_start | entry.first_interim_response_start, 0);
    cr_expect_eq(entry.final_response_headers_start | entry.response_start, 0);
    cr_expect_str_eq(entry.next_hop_protocol, "");
    cr_expect_eq(entry.request.encoded_body_size | entry.request.transfer_size, 0);
    cr_expect_eq(entry.request.status, 0);
    cr_expect_str_eq(entry.request.content_type, "");
}

Test(strict, nor_does_what_this_host_knows_tell)
{
    cs_strict_apply(&record, secret, &entry);
    cr_expect_eq(entry.phases.connect_start, CONNSPAN_UNKNOWN);
    cr_expect_eq(entry.phases.tcp_established, CONNSPAN_UNKNOWN);
    cr_expect_eq(entry.phases.domain_lookup_end, CONNSPAN_UNKNOWN);
    cr_expect_eq(entry.connection.rtt_us, 0);
    cr_expect_not(entry.connection.reused);
    cr_expect_eq(entry.request.sent_bytes | entry.request.received_bytes, 0);
}

Test(strict, a_page_may_read_the_status_of_what_it_may_read)
{
    request.fetch.mode = CS_FETCH_CORS;
    cs_strict_apply(&record, secret, &entry);
    cr_expect_eq(entry.request.status, 200);
    cr_expect_str_eq(entry.request.content_type, "text/html");
    cr_expect_eq(entry.connect_end, 0);
    cr_expect_eq(entry.request.encoded_body_size, 0);
}

Test(strict, an_allowed_one_is_whole_but_coarse)
{
    cs_fetch_add_allow(&request.fetch, "*", 1);
    cs_strict_apply(&record, secret, &entry);
    cr_expect_eq(entry.connect_start, 1000100000);
    cr_expect_eq(entry.connect_end, 1001900000);
    cr_expect_eq(entry.request_start, 1002000000);
    cr_expect_eq(entry.phases.tcp_established, 1001900000);
    cr_expect_eq(entry.phases.domain_lookup_end, 1000100000);
    cr_expect_eq(entry.phases.tls_start, CONNSPAN_UNKNOWN);
    cr_expect_eq(entry.unix_ns, 5000100000);
    cr_expect_eq(entry.connection.rtt_us, 1200);
    cr_expect_eq(entry.request.transfer_size, 310);
    cr_expect_str_eq(entry.next_hop_protocol, "http/1.1");
}

Test(strict, a_connection_is_nobodys_fetch)
{
    record.request = NULL;
    cs_strict_apply(&record, secret, &entry);
    cr_expect_eq(entry.connect_end, 1001900000);
}

Test(strict, ids_tell_no_time_and_stay_apart)
{
    uint64_t first, second;

    cs_strict_apply(&record, secret, &entry);
    first = entry.connection.id;
    entry.connection.id = 8;
    cs_strict_apply(&record, secret, &entry);
    second = entry.connection.id;
    cr_expect_neq(first, second);
    cr_expect_gt(first ^ second, 0xffffffff, "half of the bits changes with one");
    entry.connection.id = 7;
    cs_strict_apply(&record, secret, &entry);
    cr_expect_eq(entry.connection.id, first);
}
