/* SPDX-License-Identifier: MIT */
/* Every cause, and every code it is put into. */
#include "user/fold/ending.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>

struct row {
    struct cs_ending ending;
    const char *phase;
    enum connspan_outcome outcome;
    const char *code;
    const char *detail;
};

static const struct row rows[] = {
    {{1, ECONNREFUSED, CS_CAUSE_KERNEL, 0}, "tcp", CONNSPAN_FAILED, "ECONNREFUSED", NULL},
    {{1, ETIMEDOUT, CS_CAUSE_KERNEL, 0}, "tcp", CONNSPAN_FAILED, "ETIMEDOUT", NULL},
    {{1, EHOSTUNREACH, CS_CAUSE_KERNEL, 0}, "tcp", CONNSPAN_FAILED, "EHOSTUNREACH", NULL},
    {{1, ENETUNREACH, CS_CAUSE_KERNEL, 0}, "tcp", CONNSPAN_FAILED, "ENETUNREACH", NULL},
    {{1, EADDRNOTAVAIL, CS_CAUSE_KERNEL, 0}, "tcp", CONNSPAN_FAILED, "EADDRNOTAVAIL", NULL},
    {{1, ECONNRESET, CS_CAUSE_KERNEL, 0}, "tcp", CONNSPAN_FAILED, "ECONNRESET", NULL},
    {{1, 0, CS_CAUSE_KERNEL, 0}, "tcp", CONNSPAN_FAILED, "unknown", NULL},
    {{1, 4000, CS_CAUSE_KERNEL, 0}, "tcp", CONNSPAN_FAILED, "unknown", NULL},
    {{1, 0, CS_CAUSE_CLOSE, 0}, "tcp", CONNSPAN_ABORTED, "closed", NULL},
    {{1, 0, CS_CAUSE_SIGNAL, SIGKILL}, "tcp", CONNSPAN_ABORTED, "signal", "SIGKILL"},
    {{1, 0, CS_CAUSE_SIGNAL, 40}, "tcp", CONNSPAN_ABORTED, "signal", "a real-time signal"},
    {{1, 0, CS_CAUSE_SIGNAL, 0}, "tcp", CONNSPAN_ABORTED, "signal", NULL},
    {{1, ECONNRESET, CS_CAUSE_KERNEL, 0}, "tls", CONNSPAN_FAILED, "reset", NULL},
    {{1, ETIMEDOUT, CS_CAUSE_KERNEL, 0}, "tls", CONNSPAN_FAILED, "timeout", NULL},
    {{1, EPIPE, CS_CAUSE_KERNEL, 0}, "tls", CONNSPAN_FAILED, "EPIPE", NULL},
    {{1, 0, CS_CAUSE_NONE, 0}, "tls", CONNSPAN_FAILED, "unknown", NULL},
    {{1, 0, CS_CAUSE_PEER, 0}, "tls", CONNSPAN_FAILED, "eof", NULL},
    {{1, 0, CS_CAUSE_CLOSE, 0}, "tls", CONNSPAN_ABORTED, "closed", NULL},
    {{1, 0, CS_CAUSE_SIGNAL, SIGTERM}, "tls", CONNSPAN_ABORTED, "signal", "SIGTERM"},
};

Test(ending, has_a_word_for_every_cause)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cs_record record = {0};

        cs_ending_tell(&rows[i].ending, rows[i].phase, &record);
        cr_expect_eq(record.outcome, rows[i].outcome, "row %zu", i);
        cr_expect_str_eq(record.error_phase, rows[i].phase, "row %zu", i);
        cr_expect_str_eq(record.error_code, rows[i].code, "row %zu", i);
        cr_expect_eq(!record.error_detail, !rows[i].detail, "row %zu", i);
        if (record.error_detail && rows[i].detail)
            cr_expect_str_eq(record.error_detail, rows[i].detail, "row %zu", i);
        cr_expect_eq(record.done_ns, 1, "row %zu", i);
        cr_expect_eq(record.failed_ns, 1, "row %zu", i);
    }
}
