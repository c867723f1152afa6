/* SPDX-License-Identifier: MIT */
/* Alerts: names, and which of them end a handshake in which version. */
#include "user/tls/alert.h"

#include <criterion/criterion.h>

#include "user/tls/facts.h"

enum { WARNING = 1, FATAL = 2, UNRECOGNIZED_NAME = 112, HANDSHAKE_FAILURE = 40 };

Test(alert, names)
{
    cr_expect_str_eq(cs_alert_name(0), "close_notify");
    cr_expect_str_eq(cs_alert_name(40), "handshake_failure");
    cr_expect_str_eq(cs_alert_name(120), "no_application_protocol");
    cr_expect_null(cs_alert_name(1));
    cr_expect_null(cs_alert_name(255));
    cr_expect_null(cs_alert_name(CS_ALERT_NONE));
    cr_expect_null(cs_alert_name(CS_ALERT_ENCRYPTED));
}

Test(alert, levels_count_up_to_tls12)
{
    cr_expect(cs_alert_is_fatal(FATAL, HANDSHAKE_FAILURE, CS_TLS_1_2));
    cr_expect_not(cs_alert_is_fatal(WARNING, UNRECOGNIZED_NAME, CS_TLS_1_2));
    cr_expect_not(cs_alert_is_fatal(WARNING, UNRECOGNIZED_NAME, 0));
    cr_expect(cs_alert_is_fatal(WARNING, UNRECOGNIZED_NAME, CS_TLS_1_3));
    cr_expect_not(cs_alert_is_fatal(FATAL, CS_ALERT_CLOSE_NOTIFY, CS_TLS_1_3));
    cr_expect_not(cs_alert_is_fatal(WARNING, CS_ALERT_USER_CANCELED, CS_TLS_1_3));
}
