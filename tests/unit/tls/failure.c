/* SPDX-License-Identifier: MIT */
/* How a handshake fails: alerts in clear and told by their size; bytes that are no handshake. */
#include <criterion/criterion.h>

#include "tests/harness/tls_build.h"
#include "tests/harness/tls_talk.h"
#include "user/tls/handshake.h"

#define CLIENT CS_FROM_CLIENT
#define SERVER CS_FROM_SERVER

static const struct tls_capture PLAIN = {0};
static const struct tls_client BROWSER = {.server_name = "example.com", .alpn = {"h2"}};
static const struct tls_server OLD = {.version = 0x0303};
static struct tls_talk talk;

static void say_hellos(const struct tls_server *server)
{
    tls_client_hello(tls_say(&talk, CLIENT, 10), &BROWSER);
    tls_server_hello(tls_say(&talk, SERVER, 20), server);
}

static struct cs_tls_facts heard(void)
{
    struct cs_tls_facts facts = tls_facts(&talk, &PLAIN);

    tls_talk_free(&talk);
    return facts;
}

static void expect_failure(const struct cs_tls_facts *facts, int alert, bool from_server,
                           __u64 alert_ns)
{
    cr_expect_eq(facts->state, CS_TLS_FAILED, "state %d", facts->state);
    cr_expect_eq(facts->alert, alert, "alert %d", facts->alert);
    cr_expect_eq(facts->alert_from_server, from_server);
    cr_expect_eq(facts->alert_ns, alert_ns, "alert at %llu", facts->alert_ns);
    cr_expect_eq(facts->end_ns, 0);
}

Test(failure, alert_in_clear_from_server)
{
    struct cs_tls_facts facts;

    tls_client_hello(tls_say(&talk, CLIENT, 10), &BROWSER);
    tls_alert(tls_say(&talk, SERVER, 20), 2, 40);
    facts = heard();
    expect_failure(&facts, 40, true, 20);
    cr_expect_eq(facts.version, 0);
    cr_expect_str_eq(facts.server_name, "example.com");
}

Test(failure, alert_in_clear_from_client)
{
    struct cs_tls_facts facts;

    say_hellos(&OLD);
    tls_alert(tls_say(&talk, CLIENT, 30), 2, 48);
    facts = heard();
    expect_failure(&facts, 48, false, 30);
}

/* What OpenSSL does in TLS 1.3 when it refuses the certificate: its own keys are not in use yet. */
Test(failure, tls13_alert_in_clear_after_an_encrypted_flight)
{
    struct cs_tls_facts facts;

    say_hellos(&(struct tls_server){0});
    tls_record(tls_say(&talk, SERVER, 20), TLS_DATA, 900);
    tls_alert(tls_say(&talk, CLIENT, 30), 2, 48);
    facts = heard();
    expect_failure(&facts, 48, false, 30);
}

Test(failure, tls13_encrypted_alert_from_client)
{
    struct cs_tls_facts facts;

    say_hellos(&(struct tls_server){0});
    tls_record(tls_say(&talk, SERVER, 21), TLS_DATA, 900);
    tls_record(tls_say(&talk, CLIENT, 30), TLS_DATA, 19);
    facts = heard();
    expect_failure(&facts, CS_ALERT_ENCRYPTED, false, 30);
}

Test(failure, tls13_encrypted_alert_of_a_short_tag)
{
    struct tls_server ccm8 = {.cipher = 0x1305};
    struct cs_tls_facts facts;

    say_hellos(&ccm8);
    tls_record(tls_say(&talk, SERVER, 21), TLS_DATA, 900);
    tls_record(tls_say(&talk, CLIENT, 30), TLS_DATA, 11);
    facts = heard();
    expect_failure(&facts, CS_ALERT_ENCRYPTED, false, 30);
}

Test(failure, tls13_encrypted_alert_from_server)
{
    struct cs_tls_facts facts;

    say_hellos(&(struct tls_server){0});
    tls_record(tls_say(&talk, SERVER, 21), TLS_DATA, 900);
    tls_record(tls_say(&talk, SERVER, 25), TLS_DATA, 19);
    facts = heard();
    expect_failure(&facts, CS_ALERT_ENCRYPTED, true, 25);
}

Test(failure, tls12_encrypted_alert)
{
    struct cs_tls_facts facts;

    say_hellos(&OLD);
    tls_record(tls_say(&talk, CLIENT, 30), TLS_CCS, 1);
    tls_record(tls_say(&talk, CLIENT, 30), TLS_HANDSHAKE, 40);
    tls_record(tls_say(&talk, CLIENT, 35), TLS_ALERT, 26);
    facts = heard();
    expect_failure(&facts, CS_ALERT_ENCRYPTED, false, 35);
}

Test(failure, warnings_and_close_notify_fail_nothing)
{
    struct cs_tls_facts facts;

    tls_client_hello(tls_say(&talk, CLIENT, 10), &BROWSER);
    tls_alert(tls_say(&talk, SERVER, 20), 1, 112); /* unrecognized_name */
    tls_server_hello(tls_say(&talk, SERVER, 20), &OLD);
    facts = tls_facts(&talk, &PLAIN);
    cr_expect_eq(facts.state, CS_TLS_OPEN);
    cr_expect_eq(facts.alert, CS_ALERT_NONE);

    tls_alert(tls_say(&talk, CLIENT, 30), 1, 0);
    facts = heard();
    cr_expect_eq(facts.state, CS_TLS_OPEN);
    cr_expect_eq(facts.alert, 0);
    cr_expect_eq(facts.alert_ns, 30);
}

Test(failure, what_is_no_client_hello_is_not_tls)
{
    static const struct {
        const char *bytes;
        size_t length;
    } ROWS[] = {
        {"GET / HTTP/1.1", 14},
        {"\x16\x03\x01\x00\x05\x02", 6}, /* a ServerHello from a client */
        {"\x16\x03\x01\xff\xff", 5},     /* longer than a record can be */
        {"\x17\x03\x03\x00\x05", 5},
        {"\x16\x02", 2},
    };

    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        struct cs_tls_facts facts;

        cs_buf_add(tls_say(&talk, CLIENT, 10), ROWS[i].bytes, ROWS[i].length);
        facts = heard();
        cr_expect_eq(facts.state, CS_TLS_NOT_TLS, "row %zu: %d", i, facts.state);
    }
}

Test(failure, malformed_client_hello_is_not_tls)
{
    struct cs_tls_facts facts;

    tls_message(tls_say(&talk, CLIENT, 10), 1, 20); /* shorter than a random */
    facts = heard();
    cr_expect_eq(facts.state, CS_TLS_NOT_TLS);
}

Test(failure, plain_answer_waits_for_the_client_to_complain)
{
    struct cs_tls_facts facts;

    tls_client_hello(tls_say(&talk, CLIENT, 10), &BROWSER);
    cs_buf_text(tls_say(&talk, SERVER, 20), "HTTP/1.1 400 Bad Request\r\n\r\n");
    facts = tls_facts(&talk, &PLAIN);
    cr_expect_eq(facts.state, CS_TLS_OPEN);

    tls_alert(tls_say(&talk, CLIENT, 30), 2, 70);
    facts = heard();
    expect_failure(&facts, 70, false, 30);
}
