/* SPDX-License-Identifier: MIT */
/*
 * What record and replay share: a tracer, its outputs and the order of what is written. The header
 * first, a stats line every minute, the stats line last. Waiting is left to the caller.
 */
#pragma once

#include <connspan/listener.h>

#include "user/cli/console.h"
#include "user/cli/options.h"
#include "user/cli/outputs.h"
#include "user/cli/status.h"

struct cs_session {
    struct cs_console *console;
    struct cs_outputs outputs;
    struct connspan_tracer *tracer;
    struct connspan_listener *listener; /* NULL: none */
    struct cs_status status;
    bool status_wanted;
    uint64_t entries;
    bool dirty;  /* entries may wait in a buffer */
    bool untold; /* losses that no stats line told yet */
    uint64_t flushed_ns;
    uint64_t again_ns; /* when a flush is due although nothing was written; UINT64_MAX: none is */
    uint64_t stats_due_ns;
};

/* The tracer's options; they borrow from `options` and call back into the session. */
struct connspan_options cs_session_options(struct cs_session *session,
                                           const struct cs_options *options);

/* The tracer is open: writes the header. */
void cs_session_begin(struct cs_session *session);

/* When cs_session_tick has something to do; UINT64_MAX: not before the next entry. */
uint64_t cs_session_due_ns(const struct cs_session *session);
void cs_session_tick(struct cs_session *session);

/* Somebody moved the files away: begins those that their paths name now. */
void cs_session_reopen(struct cs_session *session);

/* Hands over what is in flight, closes the outputs, then detaches. 0, or the tracer's -errno. */
int cs_session_end(struct cs_session *session);
