/* SPDX-License-Identifier: MIT */
/*
 * The rule that says from record types and sizes alone when a handshake was over. Marks of both
 * directions are collected in any order, and judged by their times.
 */
#pragma once

#include <linux/types.h>
#include <stdbool.h>

enum { CS_MARKS_DATA = 16 };

struct cs_data_mark {
    __u64 ts_ns;
    __u16 length;
};

/* What one side sent, apart from its hello. 0: not yet. */
struct cs_marks {
    __u64 ccs_ns;        /* its first ChangeCipherSpec */
    __u64 finished_ns;   /* its first handshake record after that: up to TLS 1.2 the Finished */
    __u64 first_data_ns; /* its first record of application_data */
    struct cs_data_mark data[CS_MARKS_DATA]; /* the newest of them, oldest first */
    __u8 data_count;
};

enum cs_verdict_kind { CS_VERDICT_OPEN, CS_VERDICT_DONE, CS_VERDICT_ALERT };

struct cs_verdict {
    enum cs_verdict_kind kind;
    bool from_server; /* ALERT: an encrypted one, told by its size */
    __u64 ts_ns;
};

void cs_marks_add_data(struct cs_marks *marks, __u64 ts_ns, __u16 length);

/* `version` and `cipher` are those of the ServerHello. */
struct cs_verdict cs_end_rule(const struct cs_marks *client, const struct cs_marks *server,
                              __u16 version, __u16 cipher);

/* Up to TLS 1.2: was a session resumed? 1, 0, -1 not to be told yet. */
__s8 cs_marks_resumed(const struct cs_marks *client, const struct cs_marks *server);
