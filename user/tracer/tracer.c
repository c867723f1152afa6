/* SPDX-License-Identifier: MIT */
/* The public tracer: a source and the pipeline it pours into. */
#include <connspan/tracer.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/tracer/source.h"

struct connspan_tracer {
    const struct cs_source_kind *kind;
    struct cs_source *source;
    struct cs_pipeline pipeline;
};

/* A caller compiled against an older library has a shorter struct: what it lacks is zero. */
static int copy_options(const struct connspan_options *options, struct connspan_options *copy)
{
    if (!options || options->size < offsetof(struct connspan_options, connect_hook))
        return -EINVAL;
    memset(copy, 0, sizeof(*copy));
    memcpy(copy, options, options->size < sizeof(*copy) ? options->size : sizeof(*copy));
    return 0;
}

int connspan_tracer_open(const struct connspan_options *options, struct connspan_tracer **out)
{
    struct connspan_tracer *tracer = calloc(1, sizeof(*tracer));
    struct connspan_options copy;
    int err = tracer ? copy_options(options, &copy) : -ENOMEM;

    if (!err)
        err = cs_live_open(&copy, &tracer->pipeline, &tracer->source);
    if (err) {
        free(tracer);
        return err;
    }
    tracer->kind = &cs_live_kind;
    *out = tracer;
    return 0;
}

int connspan_tracer_open_tape(const char *path, const struct connspan_options *options,
                              struct connspan_tracer **out)
{
    struct connspan_tracer *tracer = calloc(1, sizeof(*tracer));
    struct connspan_options copy;
    int err = tracer ? copy_options(options, &copy) : -ENOMEM;

    if (!err)
        err = cs_recorded_open(path, &copy, &tracer->pipeline, &tracer->source);
    if (err) {
        free(tracer);
        return err;
    }
    tracer->kind = &cs_recorded_kind;
    *out = tracer;
    return 0;
}

int connspan_tracer_fd(const struct connspan_tracer *tracer)
{
    return tracer->kind->fd(tracer->source);
}

int connspan_tracer_poll(struct connspan_tracer *tracer, int timeout_ms)
{
    return tracer->kind->poll(tracer->source, timeout_ms);
}

int connspan_tracer_follow(struct connspan_tracer *tracer, uint32_t pid)
{
    return tracer->kind->follow(tracer->source, pid);
}

int connspan_tracer_finish(struct connspan_tracer *tracer)
{
    int err = tracer->kind->finish(tracer->source);

    cs_fold_finish(tracer->pipeline.fold, tracer->kind->now_ns(tracer->source));
    if (tracer->pipeline.tape) {
        int lost = cs_tape_writer_finish(tracer->pipeline.tape);

        err = err ? err : lost;
    }
    return err;
}

const struct connspan_run *connspan_tracer_run(const struct connspan_tracer *tracer)
{
    return &tracer->pipeline.run.shown;
}

const struct connspan_stats *connspan_tracer_stats(struct connspan_tracer *tracer)
{
    return cs_pipeline_stats(&tracer->pipeline);
}

void connspan_tracer_count_lost_output(struct connspan_tracer *tracer, uint64_t entries)
{
    tracer->pipeline.own_loss[CS_LOSS_OUTPUT] += entries;
}

void connspan_tracer_close(struct connspan_tracer *tracer)
{
    if (!tracer)
        return;
    tracer->kind->close(tracer->source);
    cs_pipeline_free(&tracer->pipeline);
    free(tracer);
}
