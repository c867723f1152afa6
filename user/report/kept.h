/* SPDX-License-Identifier: MIT */
/* An entry that is kept to be shown, in one piece of memory. */
#pragma once

#include "user/report/measure.h"

enum cs_kept_text {
    CS_KEPT_NAME,
    CS_KEPT_COMM,
    CS_KEPT_REMOTE,
    CS_KEPT_CONTAINER,
    CS_KEPT_RESULT, /* "TLS 1.3", "ok", "tls: unknown_ca", "ECONNREFUSED" */
    CS_KEPT_TEXTS
};

/* Where a connection got to, nanoseconds since its startTime; CONNSPAN_UNKNOWN: it did not. */
enum cs_kept_mark {
    CS_KEPT_DNS_START,
    CS_KEPT_DNS_END,
    CS_KEPT_CONNECT,
    CS_KEPT_ESTABLISHED,
    CS_KEPT_TLS_START,
    CS_KEPT_TLS_END,
    CS_KEPT_MARKS
};

struct cs_kept {
    uint64_t unix_ns;
    uint64_t duration_ns;
    uint64_t marks_ns[CS_KEPT_MARKS];
    uint64_t order; /* number of the entry: what is equally slow stays in the order of the file */
    uint32_t pid;
    uint32_t syn_retransmits;
    bool failed;
    bool server;
    uint16_t texts[CS_KEPT_TEXTS]; /* where they begin in: */
    char text[];
};

/* Texts longer than this are cut: a name is a host's, of 253 characters at most. */
#define CS_KEPT_TEXT_BYTES 320

/* NULL: out of memory. Free it. */
struct cs_kept *cs_kept_new(const struct cs_line *line, const struct cs_measure *measure,
                            const char *remote);

/* "" when unknown. */
static inline const char *cs_kept_text(const struct cs_kept *kept, enum cs_kept_text which)
{
    return kept->text + kept->texts[which];
}
