/* SPDX-License-Identifier: MIT */
/* connspan_timeline_open: one call, whatever the source. */
#include <errno.h>
#include <string.h>

#include "user/share/sources.h"

static int open_source(const struct connspan_timeline_options *options,
                       const struct connspan_options *tracer, struct connspan_timeline *timeline)
{
    const char *path = options->path ? options->path : CONNSPAN_SOCKET;

    switch (options->source) {
    case CONNSPAN_SOURCE_TRACER:
        return cs_traced_open(NULL, tracer, timeline);
    case CONNSPAN_SOURCE_TAPE:
        return cs_traced_open(path, tracer, timeline);
    case CONNSPAN_SOURCE_SOCKET:
        return cs_remote_open(path, tracer, timeline);
    case CONNSPAN_SOURCE_NONE:
        return 0;
    }
    return cs_fail(&timeline->log, -EINVAL, "there is no such source of entries");
}

int connspan_timeline_open(const struct connspan_timeline_options *given,
                           struct connspan_timeline **out)
{
    struct connspan_timeline_options options = {0}; /* the caller's may be of an older library */
    struct connspan_options tracer = CONNSPAN_OPTIONS;
    struct connspan_timeline *timeline;
    size_t size;
    int err;

    memcpy(&options, given, given->size < sizeof(options) ? given->size : sizeof(options));
    if (options.tracer) {
        size = options.tracer->size < sizeof(tracer) ? options.tracer->size : sizeof(tracer);
        memcpy(&tracer, options.tracer, size);
        tracer.size = sizeof(tracer);
    }
    err = cs_timeline_new(&(struct cs_log){tracer.on_log, tracer.context}, &timeline);
    if (err)
        return err;
    err = open_source(&options, &tracer, timeline);
    if (err)
        connspan_timeline_close(timeline);
    else
        *out = timeline;
    return err;
}
