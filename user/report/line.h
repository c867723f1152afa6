/* SPDX-License-Identifier: MIT */
/*
 * One line of an NDJSON file as the facts that a report needs of it. Reads by keys, in any order,
 * and passes over what it does not know, so that files of later versions are read too. JSON is
 * yajl's business; what the facts mean is user/report/measure.h's.
 */
#pragma once

#include <connspan/entry.h>

#define CS_LINE_LOSSES 64 /* counters of a stats line; there are 16 today */

enum cs_line_kind {
    CS_LINE_BROKEN, /* no JSON object */
    CS_LINE_OTHER,  /* of a type that we do not know */
    CS_LINE_HEADER,
    CS_LINE_ENTRY,
    CS_LINE_STATS,
};

struct cs_line_loss {
    const char *name;
    uint64_t count;
};

/* What the line does not say is NULL, 0, false or CONNSPAN_UNKNOWN. Strings live until the next
 * line. */
struct cs_line {
    enum cs_line_kind kind;
    const char *type;

    uint64_t schema; /* header */
    const char *version;
    const char *host;

    struct cs_line_loss losses[CS_LINE_LOSSES]; /* stats: since the one before */
    size_t loss_count;

    const char *name; /* entry */
    const char *timestamp;
    uint64_t start_time;
    uint64_t duration;
    uint64_t domain_lookup_start; /* phases have it, whatever the version of the file */
    uint64_t domain_lookup_end;
    uint64_t connect_end;
    struct connspan_phases phases;
    const char *role;
    const char *outcome;
    const char *error_phase;
    const char *error_code;
    const char *remote_address;
    uint64_t remote_port;
    uint64_t syn_retransmits;
    bool reused;
    bool late;
    uint64_t pid;
    const char *comm;
    const char *container;
    const char *tls_version;
    bool resumed;
};

struct cs_line_reader;

struct cs_line_reader *cs_line_reader_new(void); /* NULL: out of memory */
void cs_line_reader_free(struct cs_line_reader *reader);

/* The kind is in the line; it stays valid until the next call. */
const struct cs_line *cs_line_reader_next(struct cs_line_reader *reader, const char *text,
                                          size_t length);
