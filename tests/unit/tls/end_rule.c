/* SPDX-License-Identifier: MIT */
/* The end rules on bare marks, in whatever order they were collected. */
#include "user/tls/end_rule.h"

#include <criterion/criterion.h>

#include "user/tls/facts.h"

enum { AES_GCM = 0x1301, SHA384_ONLY = 0xc0b5 };

static struct cs_marks client, server;

static struct cs_verdict judged(__u16 version)
{
    return cs_end_rule(&client, &server, version, AES_GCM);
}

Test(end_rule, nothing_is_over_without_a_version)
{
    cs_marks_add_data(&server, 20, 900);
    cs_marks_add_data(&client, 30, 69);
    cr_expect_eq(judged(0).kind, CS_VERDICT_OPEN);
    cr_expect_eq(judged(CS_TLS_1_3).kind, CS_VERDICT_DONE);
}

Test(end_rule, tls13_answer_before_the_flight_was_noted)
{
    cs_marks_add_data(&client, 5, 1000); /* early data */
    cs_marks_add_data(&client, 30, 69);
    cs_marks_add_data(&client, 31, 300);
    cr_expect_eq(judged(CS_TLS_1_3).kind, CS_VERDICT_OPEN);
    cs_marks_add_data(&server, 20, 900);
    cr_expect_eq(judged(CS_TLS_1_3).kind, CS_VERDICT_DONE);
    cr_expect_eq(judged(CS_TLS_1_3).ts_ns, 30);
}

Test(end_rule, tls13_alert_by_size)
{
    cs_marks_add_data(&server, 20, 900);
    cs_marks_add_data(&server, 40, 19);
    cr_expect_eq(judged(CS_TLS_1_3).kind, CS_VERDICT_ALERT);
    cr_expect(judged(CS_TLS_1_3).from_server);
    cs_marks_add_data(&client, 30, 69);
    cr_expect_eq(judged(CS_TLS_1_3).kind, CS_VERDICT_DONE, "the answer went before the alert");
}

Test(end_rule, tls13_alert_size_depends_on_the_cipher)
{
    cs_marks_add_data(&server, 20, 900);
    cs_marks_add_data(&client, 30, 51);
    cr_expect_eq(cs_end_rule(&client, &server, CS_TLS_1_3, SHA384_ONLY).kind, CS_VERDICT_ALERT);
    cr_expect_eq(cs_end_rule(&client, &server, CS_TLS_1_3, AES_GCM).kind, CS_VERDICT_DONE);
}

Test(end_rule, tls12_takes_the_later_finished)
{
    client.finished_ns = 30;
    cr_expect_eq(judged(CS_TLS_1_2).kind, CS_VERDICT_OPEN);
    server.finished_ns = 20;
    cr_expect_eq(judged(CS_TLS_1_2).ts_ns, 30);
    server.finished_ns = 40;
    cr_expect_eq(judged(CS_TLS_1_2).ts_ns, 40);
    cs_marks_add_data(&client, 50, 300);
    cr_expect_eq(judged(CS_TLS_1_2).ts_ns, 40);
}

Test(end_rule, tls12_false_start)
{
    client.finished_ns = 30;
    cs_marks_add_data(&client, 31, 300);
    cr_expect_eq(judged(CS_TLS_1_2).ts_ns, 30);
    server.finished_ns = 40;
    cr_expect_eq(judged(CS_TLS_1_2).ts_ns, 30);
}

Test(end_rule, who_changes_ciphers_first_tells_resumption)
{
    cr_expect_eq(cs_marks_resumed(&client, &server), -1);
    server.ccs_ns = 20;
    cr_expect_eq(cs_marks_resumed(&client, &server), 1);
    client.ccs_ns = 30;
    cr_expect_eq(cs_marks_resumed(&client, &server), 1);
    client.ccs_ns = 10;
    cr_expect_eq(cs_marks_resumed(&client, &server), 0);
    server.ccs_ns = 0;
    cr_expect_eq(cs_marks_resumed(&client, &server), 0);
}
