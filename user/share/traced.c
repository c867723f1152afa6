/* SPDX-License-Identifier: MIT */
/* A tracer of the timeline's own, live or of a tape, by its public functions. */
#include <errno.h>
#include <stdlib.h>

#include "user/share/sources.h"

struct cs_entry_source {
    struct connspan_timeline *timeline;
    struct connspan_tracer *tracer;
    struct cs_log log;
    bool finished;
};

static void on_entry(void *context, const struct connspan_entry *entry)
{
    struct cs_entry_source *source = context;

    connspan_timeline_queue(source->timeline, entry);
}

static void on_log(void *context, enum connspan_level level, const char *text)
{
    struct cs_entry_source *source = context;

    cs_say(&source->log, level, "%s", text);
}

static int traced_fd(const struct cs_entry_source *source)
{
    return connspan_tracer_fd(source->tracer);
}

/* At a tape's end what is in progress is told as unfinished. */
static int traced_poll(struct cs_entry_source *source)
{
    int got = source->finished ? -ENODATA : connspan_tracer_poll(source->tracer, 0);
    int err;

    if (got != -ENODATA || source->finished)
        return got;
    source->finished = true;
    err = connspan_tracer_finish(source->tracer);
    return err ? err : -ENODATA;
}

static const struct connspan_run *traced_run(const struct cs_entry_source *source)
{
    return connspan_tracer_run(source->tracer);
}

static const struct connspan_stats *traced_stats(struct cs_entry_source *source)
{
    return connspan_tracer_stats(source->tracer);
}

static void traced_close(struct cs_entry_source *source)
{
    connspan_tracer_close(source->tracer);
    free(source);
}

static const struct cs_entry_source_kind kind = {
    .fd = traced_fd,
    .poll = traced_poll,
    .run = traced_run,
    .stats = traced_stats,
    .close = traced_close,
};

int cs_traced_open(const char *tape, const struct connspan_options *options,
                   struct connspan_timeline *timeline)
{
    struct connspan_options own = *options;
    struct cs_entry_source *source = calloc(1, sizeof(*source));
    struct cs_log log = {options->on_log, options->context};
    int err;

    if (!source)
        return cs_fail(&log, -ENOMEM, "out of memory");
    source->timeline = timeline;
    source->log = log;
    own.on_entry = on_entry;
    own.on_log = on_log;
    own.context = source;
    err = tape ? connspan_tracer_open_tape(tape, &own, &source->tracer)
               : connspan_tracer_open(&own, &source->tracer);
    if (!err)
        err = cs_timeline_attach(timeline, &kind, source);
    if (err)
        traced_close(source);
    return err;
}
