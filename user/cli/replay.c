/* SPDX-License-Identifier: MIT */
/* Reads a tape to its end. What is whole in a damaged one is written before the error shows. */
#include "user/cli/replay.h"

#include <errno.h>
#include <string.h>

#include "user/cli/exit.h"
#include "user/cli/session.h"
#include "user/cli/signals.h"

static int open_all(struct cs_session *session, const struct cs_options *options)
{
    struct connspan_options wanted = cs_session_options(session, options);
    int err = cs_signals_open();

    if (err < 0) {
        cs_console_fail(session->console, "replay: no fd for signals: %s", strerror(-err));
        return CS_EXIT_FAILED;
    }
    err = cs_outputs_open(&session->outputs, options, session->console);
    if (err)
        return err == -EINVAL ? CS_EXIT_USAGE : CS_EXIT_FAILED;
    if (connspan_tracer_open_tape(options->tape, &wanted, &session->tracer)) {
        cs_outputs_discard(&session->outputs);
        return CS_EXIT_FAILED;
    }
    return CS_EXIT_OK;
}

int cs_replay(const struct cs_options *options)
{
    struct cs_console console = {.quiet = options->quiet, .verbosity = options->verbosity};
    struct cs_session session = {.console = &console};
    int status = open_all(&session, options);
    int handled = 0;

    if (status)
        return status;
    cs_session_begin(&session);
    while (handled >= 0 && !cs_signals_caught() && cs_outputs_alive(&session.outputs)) {
        handled = connspan_tracer_poll(session.tracer, -1);
        cs_session_tick(&session);
    }
    if (handled < 0 && handled != -ENODATA)
        status = CS_EXIT_FAILED;
    if (cs_session_end(&session) || session.outputs.failed)
        status = CS_EXIT_FAILED;
    return status;
}
