/* SPDX-License-Identifier: MIT */
/* The source that replays a tape: same pipeline, no kernel, no root, no clock. */
#include <connspan/version.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "user/base/cleanup.h"
#include "user/feed/tape.h"
#include "user/tracer/source.h"

enum { RECORDS_PER_POLL = 256 };

struct cs_source {
    struct cs_pipeline *pipeline;
    struct cs_tape *tape;
    int ready_fd; /* always readable: a tape never makes its reader wait */
    uint64_t last_ns;
    int ended; /* what cs_tape_next said last */
};

static int recorded_fd(const struct cs_source *source)
{
    return source->ready_fd;
}

static int recorded_poll(struct cs_source *source, int timeout_ms)
{
    (void)timeout_ms;
    for (int i = 0; i < RECORDS_PER_POLL; i++) {
        const struct cs_event *event;
        int got = cs_tape_next(source->tape, &event);

        if (got != 1) {
            source->ended = got;
            return -ENODATA;
        }
        if (event->ts_ns > source->last_ns)
            source->last_ns = event->ts_ns;
        cs_pipeline_event(source->pipeline, event);
    }
    return 1;
}

static int recorded_follow(struct cs_source *source, uint32_t pid)
{
    (void)source;
    (void)pid;
    return -EOPNOTSUPP;
}

/* A tape cut short is an error, told by the tape, once its whole records are handled. */
static int recorded_finish(struct cs_source *source)
{
    return source->ended;
}

static uint64_t recorded_now_ns(const struct cs_source *source)
{
    return source->last_ns;
}

static void recorded_close(struct cs_source *source)
{
    cs_tape_close(source->tape);
    cs_close_at(&source->ready_fd);
    free(source);
}

const struct cs_source_kind cs_recorded_kind = {
    .fd = recorded_fd,
    .poll = recorded_poll,
    .follow = recorded_follow,
    .finish = recorded_finish,
    .now_ns = recorded_now_ns,
    .close = recorded_close,
};

int cs_recorded_open(const char *path, const struct connspan_options *options,
                     struct cs_pipeline *pipeline, struct cs_source **out)
{
    struct cs_source *source = calloc(1, sizeof(*source));
    struct cs_log log = {options->on_log, options->context};
    struct connspan_run *run = &pipeline->run.shown;
    int err;

    if (!source)
        return cs_fail(&log, -ENOMEM, "out of memory");
    source->pipeline = pipeline;
    source->ready_fd = eventfd(1, EFD_CLOEXEC);
    if (source->ready_fd < 0)
        err = cs_fail(&log, -errno, "%s: no descriptor is left: %s", path, strerror(errno));
    else
        err = cs_tape_open(path, &log, &source->tape);
    if (!err) {
        cs_tape_run(source->tape, run);
        run->version = CONNSPAN_VERSION;
        err = cs_pipeline_init(pipeline, options);
    }
    if (err) {
        recorded_close(source);
        return err;
    }
    *out = source;
    return 0;
}
