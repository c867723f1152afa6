/* SPDX-License-Identifier: MIT */
/*
 * From the fold's record to the public entry: names, texts and flags. The marks are timing.cs.
 * Pure: the same record and origin give the same entry.
 */
#pragma once

#include "user/entry/address.h"
#include "user/entry/container.h"
#include "user/entry/name.h"
#include "user/entry/request.h"
#include "user/fold/record.h"

struct cs_origin {
    uint64_t origin_ns; /* CLOCK_MONOTONIC at timeOrigin */
    uint64_t clock_ns;  /* the newest anchor: monotonic ... */
    uint64_t clock_unix_ns;
};

/* Room for what an entry's pointers point to; one serves any number of entries in turn. */
struct cs_entry_text {
    char name[CS_NAME_BYTES];
    char url[CS_URL_BYTES];
    struct cs_address local;
    struct cs_address remote;
    char container_id[CS_CONTAINER_ID_BYTES];
    char target[CS_NAME_BYTES];
    const char *flags[4 + CS_REQUEST_FLAGS];
    const char *alpn_offered[CS_TLS_ALPN_COUNT];
};

/*
 * Fills `out`, which then borrows from both `record` and `text`; its sequence is left to the
 * caller. False: the marks violate the order of Resource Timing; the entry says so in its flags and
 * the caller counts it (CS_LOSS_ORDER).
 */
bool cs_entry_build(const struct cs_record *record, const struct cs_origin *origin,
                    struct cs_entry_text *text, struct connspan_entry *out);
