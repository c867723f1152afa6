/* SPDX-License-Identifier: MIT */
/* Real handshakes of OpenSSL, recorded by tests/harness/record-handshakes, in every cut. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/harness/tls_talk.h"
#include "user/tls/handshake.h"

struct expectation {
    const char *name;
    __u64 server_hello_ns;
    __u64 end_ns; /* the packet of the end, 1000 ns each from 1000 on; or of the alert */
    const char *alpn;
    __u16 version;
    __u16 cipher;
    int alert;
    int resumed;
    bool hello_retry;
    bool early_data;
    bool offers_resumption;
};

#define NO_ALERT .alert = CS_ALERT_NONE

static const struct expectation ROWS[] = {
    {"tls13", 2000, 3000, "", 0x0304, 0x1302, NO_ALERT},
    {"tls13-hello-retry", 4000, 5000, "", 0x0304, 0x1302, NO_ALERT, .hello_retry = true},
    {"tls13-no-compat", 2000, 3000, "", 0x0304, 0x1302, NO_ALERT},
    {"tls13-client-certificate", 2000, 3000, "", 0x0304, 0x1302, NO_ALERT},
    {"tls13-unknown-ca", 2000, 3000, "", 0x0304, 0x1302, .alert = 48},
    {"tls13-resumed", 2000, 3000, "", 0x0304, 0x1302, NO_ALERT, 1, .offers_resumption = true},
    {"tls13-early-data", 2000, 3000, "", 0x0304, 0x1302, NO_ALERT, 1, false, true, true},
    {"tls12", 2000, 4000, "h2", 0x0303, 0xc02c, NO_ALERT},
    {"tls12-client-certificate", 2000, 4000, "h2", 0x0303, 0xc02c, NO_ALERT},
    {"tls12-unknown-ca", 2000, 3000, "h2", 0x0303, 0xc02c, .alert = 48, .resumed = -1},
    {"tls12-resumed-ticket", 2000, 3000, "h2", 0x0303, 0xc02c, NO_ALERT, 1,
     .offers_resumption = true},
    {"tls12-resumed-session-id", 2000, 3000, "h2", 0x0303, 0xc02c, NO_ALERT, 1},
};

static void expect_row(const struct expectation *row, const struct tls_talk *talk,
                       const struct tls_capture *capture)
{
    struct cs_tls_facts facts = tls_facts(talk, capture);
    bool failed = row->alert != CS_ALERT_NONE;
    __u64 over_ns = failed ? facts.alert_ns : facts.end_ns;

    cr_expect_eq(facts.state, failed ? CS_TLS_FAILED : CS_TLS_DONE, "%s: %d, split %zu", row->name,
                 facts.state, capture->split_bytes);
    cr_expect_eq(facts.client_hello_ns, 1000, "%s", row->name);
    cr_expect_eq(facts.server_hello_ns, row->server_hello_ns, "%s", row->name);
    cr_expect_eq(over_ns, row->end_ns, "%s: %llu", row->name, over_ns);
    cr_expect_eq(facts.version, row->version, "%s: %#x", row->name, facts.version);
    cr_expect_eq(facts.cipher, row->cipher, "%s: %#x", row->name, facts.cipher);
    cr_expect_eq(facts.alert, row->alert, "%s: %d", row->name, facts.alert);
    cr_expect_eq(facts.resumed, row->resumed, "%s: %d", row->name, facts.resumed);
    cr_expect_eq(facts.hello_retry, row->hello_retry, "%s", row->name);
    cr_expect_eq(facts.early_data_offered, row->early_data, "%s", row->name);
    cr_expect_eq(facts.resumption_offered, row->offers_resumption, "%s", row->name);
    cr_expect_str_eq(facts.server_name, "example.com", "%s", row->name);
    cr_expect_str_eq(facts.alpn, row->alpn, "%s", row->name);
    cr_expect_eq(facts.alpn_offered_count, 2, "%s", row->name);
    cr_expect_str_eq(facts.alpn_offered[1], "http/1.1", "%s", row->name);
}

TestSuite(recorded, .timeout = 30);

Test(recorded, every_handshake_in_every_cut)
{
    static const struct tls_capture CAPTURES[] = {
        {0},
        {.split_bytes = 1},
        {.split_bytes = 3, .doubled = true},
        {.split_bytes = 250},
        {.split_bytes = 7, .client_base = 0xfffffff0, .server_base = 0xffffff00},
        {.capture_bytes = 2048},
    };

    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        struct tls_talk talk = {0};
        char path[512];

        snprintf(path, sizeof(path), "%s/%s.hex", HANDSHAKES, ROWS[i].name);
        cr_assert_eq(tls_talk_read(&talk, path), 0, "%s", path);
        for (size_t j = 0; j < sizeof(CAPTURES) / sizeof(CAPTURES[0]); j++)
            expect_row(&ROWS[i], &talk, &CAPTURES[j]);
        tls_talk_free(&talk);
    }
}
