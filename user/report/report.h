/* SPDX-License-Identifier: MIT */
/* What has been read so far, as those who write it out see it. */
#pragma once

#include <connspan/report.h>

#include "user/base/buf.h"
#include "user/base/log.h"
#include "user/report/groups.h"
#include "user/report/sample.h"
#include "user/report/slowest.h"
#include "user/report/tally.h"

#define CS_REPORT_SCHEMA 1 /* of the entries, as the header line says; and of our JSON */

struct cs_totals {
    uint64_t runs;
    uint64_t entries;   /* of the time that is asked for */
    uint64_t left_out;  /* by --since and --until */
    uint64_t abandoned; /* in no table */
    uint64_t unfinished;
    uint64_t first_unix_ns; /* start of the first entry, 0: none */
    uint64_t last_unix_ns;
};

struct connspan_report {
    struct connspan_report_options options;
    struct cs_log log;
    struct cs_line_reader *reader;
    struct cs_totals totals;
    struct cs_tally hosts;    /* header lines by host */
    struct cs_tally failures; /* "tcp: ECONNREFUSED" */
    struct cs_tally losses;
    struct cs_row all;
    struct cs_groups groups[CONNSPAN_BY_COUNT];
    struct cs_slowest slowest; /* of those that did not fail */
    struct cs_slowest failed;  /* of those that did */
    struct cs_sample sample;
    uint64_t read_bytes; /* since the last progress report */
};

extern const char *const cs_report_by_names[CONNSPAN_BY_COUNT];

static inline bool cs_report_has(const struct connspan_report *report, enum connspan_report_by by)
{
    return report->options.by & 1u << by;
}

/* One table, ready to be written: its first rows and all that is left as one. */
struct cs_report_rows {
    struct cs_row **rows;
    size_t count;       /* of those to be written */
    struct cs_row rest; /* without a key */
    uint64_t rest_rows; /* how many rows went into it; 0: nothing did */
};

int cs_report_rows(const struct connspan_report *report, enum connspan_report_by by, uint32_t limit,
                   struct cs_report_rows *rows); /* 0 or -ENOMEM */
void cs_report_rows_free(struct cs_report_rows *rows);

/* Hands the buffer over in pieces as it fills up, so that output needs no memory of its own size.
 */
struct cs_report_out {
    struct cs_buf buf;
    connspan_put_fn put;
    void *context;
    int error;
};

void cs_report_flush(struct cs_report_out *out, size_t when); /* if there are that many bytes */
int cs_report_finish(struct cs_report_out *out);              /* 0 or -errno; frees */
