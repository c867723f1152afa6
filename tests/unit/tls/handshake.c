/* SPDX-License-Identifier: MIT */
/* Whole handshakes, made by hand: one test per way a handshake can come to its end. */
#include "user/tls/handshake.h"

#include <criterion/criterion.h>

#include "tests/harness/tls_build.h"
#include "tests/harness/tls_talk.h"

#define CLIENT CS_FROM_CLIENT
#define SERVER CS_FROM_SERVER

enum { SEALED_FINISHED_BYTES = 40 }; /* with AES-GCM in TLS 1.2 */

static const struct tls_capture PLAIN = {0};
static const struct tls_client BROWSER = {.server_name = "example.com", .alpn = {"h2", "http/1.1"}};
static struct tls_talk talk;

/* A client that cannot do TLS 1.3, so that its session id and ticket are real ones. */
static const struct tls_client OLD = {.no_tls13 = true, .ticket_bytes = 0};

TestSuite(handshake, .timeout = 20);

/* SH at 20, the rest of the flight at 21, the client's answer at 30. */
static void say_tls13(const struct tls_client *client, const struct tls_server *server)
{
    struct cs_buf *out;

    tls_client_hello(tls_say(&talk, CLIENT, 10), client);
    tls_server_hello(tls_say(&talk, SERVER, 20), server);
    out = tls_say(&talk, SERVER, 21);
    tls_record(out, TLS_CCS, 1);
    tls_record(out, TLS_DATA, 23);
    tls_record(out, TLS_DATA, 900);
    tls_record(out, TLS_DATA, 69);
    out = tls_say(&talk, CLIENT, 30);
    tls_record(out, TLS_CCS, 1);
    tls_record(out, TLS_DATA, 69);
}

static void say_tls12_hellos(const struct tls_client *client, const struct tls_server *server)
{
    struct cs_buf *out;

    tls_client_hello(tls_say(&talk, CLIENT, 10), client);
    out = tls_say(&talk, SERVER, 20);
    tls_server_hello(out, server);
    tls_message(out, TLS_CERTIFICATE, 900);
    tls_message(out, TLS_SERVER_HELLO_DONE, 0);
}

static void say_finished(enum cs_direction direction, __u64 ts_ns)
{
    struct cs_buf *out = tls_say(&talk, direction, ts_ns);

    tls_record(out, TLS_CCS, 1);
    tls_record(out, TLS_HANDSHAKE, SEALED_FINISHED_BYTES);
}

static struct cs_tls_facts heard(void)
{
    struct cs_tls_facts facts = tls_facts(&talk, &PLAIN);

    tls_talk_free(&talk);
    return facts;
}

static void expect_end(const struct cs_tls_facts *facts, __u16 version, int resumed, __u64 end_ns)
{
    cr_expect_eq(facts->state, CS_TLS_DONE, "state %d", facts->state);
    cr_expect_eq(facts->version, version, "version %#x", facts->version);
    cr_expect_eq(facts->resumed, resumed, "resumed %d", facts->resumed);
    cr_expect_eq(facts->client_hello_ns, 10);
    cr_expect_eq(facts->end_ns, end_ns, "end %llu", facts->end_ns);
    cr_expect_eq(facts->alert, CS_ALERT_NONE);
}

Test(handshake, tls13_full)
{
    struct cs_tls_facts facts;

    say_tls13(&BROWSER, &(struct tls_server){0});
    facts = heard();
    expect_end(&facts, CS_TLS_1_3, 0, 30);
    cr_expect_eq(facts.cipher, 0x1301);
    cr_expect_eq(facts.server_hello_ns, 20);
    cr_expect_str_eq(facts.server_name, "example.com");
    cr_expect_str_eq(facts.alpn, "");
    cr_expect_eq(facts.alpn_offered_count, 2);
    cr_expect_not(facts.resumption_offered);
    cr_expect_not(facts.hello_retry);
}

Test(handshake, tls13_resumed)
{
    struct tls_client client = {.pre_shared_key = true, .session_id_bytes = 32};
    struct cs_tls_facts facts;

    say_tls13(&client, &(struct tls_server){.pre_shared_key = true});
    facts = heard();
    expect_end(&facts, CS_TLS_1_3, 1, 30);
    cr_expect(facts.resumption_offered);
    cr_expect_not(facts.early_data_offered);
}

Test(handshake, tls13_without_middlebox_compatibility)
{
    struct cs_buf *out;
    struct cs_tls_facts facts;

    tls_client_hello(tls_say(&talk, CLIENT, 10), &BROWSER);
    out = tls_say(&talk, SERVER, 20);
    tls_server_hello(out, &(struct tls_server){0});
    tls_record(out, TLS_DATA, 1000);
    tls_record(tls_say(&talk, CLIENT, 30), TLS_DATA, 53);
    facts = heard();
    expect_end(&facts, CS_TLS_1_3, 0, 30);
}

Test(handshake, tls13_client_certificate_is_part_of_the_answer)
{
    struct cs_tls_facts facts;

    tls_client_hello(tls_say(&talk, CLIENT, 10), &BROWSER);
    tls_server_hello(tls_say(&talk, SERVER, 20), &(struct tls_server){0});
    tls_record(tls_say(&talk, SERVER, 21), TLS_DATA, 1000);
    tls_record(tls_say(&talk, CLIENT, 30), TLS_DATA, 900);
    tls_record(tls_say(&talk, CLIENT, 30), TLS_DATA, 69);
    facts = heard();
    expect_end(&facts, CS_TLS_1_3, 0, 30);
}

Test(handshake, tls13_finished_and_request_share_a_packet)
{
    struct cs_tls_facts facts;

    say_tls13(&BROWSER, &(struct tls_server){0});
    tls_record(&talk.packets[talk.count - 1].bytes, TLS_DATA, 198);
    tls_record(tls_say(&talk, SERVER, 40), TLS_DATA, 500);
    facts = heard();
    expect_end(&facts, CS_TLS_1_3, 0, 30);
}

Test(handshake, early_data_is_not_the_end)
{
    struct tls_client client = {.pre_shared_key = true, .early_data = true};
    struct cs_tls_facts facts;
    struct cs_buf *out;

    out = tls_say(&talk, CLIENT, 10);
    tls_client_hello(out, &client);
    tls_record(out, TLS_CCS, 1);
    tls_record(out, TLS_DATA, 300);
    for (int i = 0; i < 20; i++) /* more than the end rule remembers */
        tls_record(tls_say(&talk, CLIENT, 11), TLS_DATA, 1200);
    tls_server_hello(tls_say(&talk, SERVER, 20), &(struct tls_server){.pre_shared_key = true});
    tls_record(tls_say(&talk, CLIENT, 20), TLS_DATA, 1200);
    tls_record(tls_say(&talk, SERVER, 21), TLS_DATA, 200);
    out = tls_say(&talk, CLIENT, 30);
    tls_record(out, TLS_DATA, 21); /* EndOfEarlyData */
    tls_record(out, TLS_DATA, 69);
    facts = heard();
    expect_end(&facts, CS_TLS_1_3, 1, 30);
    cr_expect(facts.early_data_offered);
}

static void say_retry(void)
{
    struct cs_buf *out;

    tls_client_hello(tls_say(&talk, CLIENT, 10), &BROWSER);
    out = tls_say(&talk, SERVER, 15);
    tls_server_hello(out, &(struct tls_server){.retry = true});
    tls_record(out, TLS_CCS, 1);
    out = tls_say(&talk, CLIENT, 17);
    tls_record(out, TLS_CCS, 1);
    tls_client_hello(out, &(struct tls_client){.server_name = "other.example"});
    tls_server_hello(tls_say(&talk, SERVER, 20), &(struct tls_server){0});
}

Test(handshake, hello_retry_looks_like_no_end)
{
    struct cs_tls_facts facts;

    say_retry();
    facts = heard();
    cr_expect_eq(facts.state, CS_TLS_OPEN);
    cr_expect(facts.hello_retry);
}

Test(handshake, hello_retry_then_tls13)
{
    struct cs_tls_facts facts;

    say_retry();
    tls_record(tls_say(&talk, SERVER, 21), TLS_DATA, 900);
    tls_record(tls_say(&talk, CLIENT, 30), TLS_DATA, 69);
    facts = heard();
    expect_end(&facts, CS_TLS_1_3, 0, 30);
    cr_expect(facts.hello_retry);
    cr_expect_eq(facts.server_hello_ns, 20);
    cr_expect_str_eq(facts.server_name, "example.com", "the first ClientHello counts");
}

Test(handshake, tls12_full)
{
    struct tls_server server = {.version = 0x0303, .cipher = 0xc02f, .alpn = "http/1.1"};
    struct cs_tls_facts facts;

    say_tls12_hellos(&BROWSER, &server);
    tls_message(tls_say(&talk, CLIENT, 30), TLS_CLIENT_KEY_EXCHANGE, 33);
    say_finished(CLIENT, 30);
    tls_message(tls_say(&talk, SERVER, 40), 4, 180); /* NewSessionTicket */
    say_finished(SERVER, 40);
    facts = heard();
    expect_end(&facts, CS_TLS_1_2, 0, 40);
    cr_expect_eq(facts.cipher, 0xc02f);
    cr_expect_str_eq(facts.alpn, "http/1.1");
}

Test(handshake, tls12_client_certificate)
{
    struct tls_server server = {.version = 0x0303};
    struct cs_tls_facts facts;

    say_tls12_hellos(&BROWSER, &server);
    tls_message(tls_say(&talk, CLIENT, 30), TLS_CERTIFICATE, 700);
    tls_message(tls_say(&talk, CLIENT, 30), TLS_CLIENT_KEY_EXCHANGE, 33);
    tls_message(tls_say(&talk, CLIENT, 31), 15, 70); /* CertificateVerify */
    say_finished(CLIENT, 31);
    say_finished(SERVER, 40);
    facts = heard();
    expect_end(&facts, CS_TLS_1_2, 0, 40);
}

static void say_tls12_resumed(const struct tls_client *client, size_t session_id_bytes)
{
    tls_client_hello(tls_say(&talk, CLIENT, 10), client);
    tls_server_hello(tls_say(&talk, SERVER, 20),
                     &(struct tls_server){.version = 0x0303, .session_id_bytes = session_id_bytes});
    say_finished(SERVER, 20);
    say_finished(CLIENT, 30);
}

Test(handshake, tls12_resumed_by_ticket)
{
    struct tls_client client = OLD;
    struct cs_tls_facts facts;

    client.ticket_bytes = 160;
    say_tls12_resumed(&client, 0);
    facts = heard();
    expect_end(&facts, CS_TLS_1_2, 1, 30);
    cr_expect(facts.resumption_offered);
}

Test(handshake, tls12_resumed_by_session_id)
{
    struct tls_client client = OLD;
    struct cs_tls_facts facts;

    client.session_id_bytes = 32;
    say_tls12_resumed(&client, 32);
    facts = heard();
    expect_end(&facts, CS_TLS_1_2, 1, 30);
    cr_expect(facts.resumption_offered);
}

Test(handshake, tls12_false_start)
{
    struct tls_server server = {.version = 0x0303, .cipher = 0xc02f};
    struct cs_tls_facts facts;

    say_tls12_hellos(&BROWSER, &server);
    say_finished(CLIENT, 30);
    tls_record(tls_say(&talk, CLIENT, 31), TLS_DATA, 300);
    say_finished(SERVER, 40);
    facts = heard();
    expect_end(&facts, CS_TLS_1_2, 0, 30);
}

Test(handshake, tls10_has_the_rules_of_tls12)
{
    struct tls_server server = {.version = 0x0301, .cipher = 0x002f};
    struct cs_tls_facts facts;

    say_tls12_hellos(&BROWSER, &server);
    say_finished(CLIENT, 30);
    say_finished(SERVER, 40);
    facts = heard();
    expect_end(&facts, 0x0301, 0, 40);
}

/* Some servers pack their whole flight into one record. */
Test(handshake, tls12_flight_in_one_record)
{
    struct cs_tls_facts facts;
    struct cs_buf *out;

    tls_client_hello(tls_say(&talk, CLIENT, 10), &BROWSER);
    out = tls_say(&talk, SERVER, 20);
    tls_server_hello(out, &(struct tls_server){.version = 0x0303});
    out->data[4] = (char)(out->data[4] + 50); /* the record's length: 50 bytes of Certificate */
    cs_buf_add(out, "\x0b\x00\x00\x2e", 4);
    cs_buf_add(out, (char[46]){0}, 46);
    say_finished(CLIENT, 30);
    say_finished(SERVER, 40);
    facts = heard();
    expect_end(&facts, CS_TLS_1_2, 0, 40);
}

Test(handshake, tls13_close_notify_after_the_end_changes_nothing)
{
    struct cs_tls_facts facts;

    say_tls13(&BROWSER, &(struct tls_server){0});
    tls_record(tls_say(&talk, CLIENT, 31), TLS_DATA, 19);
    tls_record(tls_say(&talk, SERVER, 32), TLS_DATA, 19);
    facts = heard();
    expect_end(&facts, CS_TLS_1_3, 0, 30);
}

/* RFC 5246 section 7.4.1.1: it may come at any time and is ignored. */
Test(handshake, hello_request_is_not_the_server_hello)
{
    struct cs_tls_facts facts;
    struct cs_buf *out;

    tls_client_hello(tls_say(&talk, CLIENT, 10), &BROWSER);
    out = tls_say(&talk, SERVER, 20);
    tls_alert(out, 1, 112);
    tls_message(out, 0, 0);
    tls_server_hello(out, &(struct tls_server){.version = 0x0303});
    facts = heard();
    cr_expect_eq(facts.version, CS_TLS_1_2);
}
