/* SPDX-License-Identifier: MIT */
/*
 * How a connection that did not complete came to its end, put into words: outcome, error code and
 * detail (docs/format.md, "error"). A failed connect and a broken handshake speak the same
 * language.
 */
#pragma once

#include "user/fold/record.h"

struct cs_ending {
    uint64_t ns;
    int error; /* errno as a positive number; 0: none known */
    enum cs_cause cause;
    int signal;
};

/* `phase` is "tcp" or "tls". Fills outcome, error_*, done_ns and failed_ns. */
void cs_ending_tell(const struct cs_ending *ending, const char *phase, struct cs_record *record);
