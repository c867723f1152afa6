/* SPDX-License-Identifier: MIT */
/*
 * What an entry says about time. A span is told only when its phase was completed, so that a
 * timeout does not pass for a slow handshake: failures are counted beside the percentiles.
 */
#pragma once

#include "user/report/line.h"

enum cs_span { CS_SPAN_DNS, CS_SPAN_TCP, CS_SPAN_TLS, CS_SPAN_TOTAL, CS_SPAN_COUNT };

extern const char *const cs_span_names[CS_SPAN_COUNT];

struct cs_measure {
    uint64_t unix_ns;                 /* of startTime */
    uint64_t spans_ns[CS_SPAN_COUNT]; /* CONNSPAN_UNKNOWN: not completed, or not seen */
    uint64_t duration_ns;             /* until it was ready, or however else it ended */
    bool connection; /* false: more about one that has been told: a reuse, a late handshake */
    bool failed;     /* the entry: of one that is no connection, what it tells more of */
    bool abandoned;
};

/* False when the line has no usable time. */
bool cs_measure_take(struct cs_measure *measure, const struct cs_line *line);
