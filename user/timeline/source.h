/* SPDX-License-Identifier: MIT */
/* Where a timeline's entries come from; a source queues them from within its poll. */
#pragma once

#include "user/timeline/timeline.h"

struct cs_entry_source; /* each kind has its own */

struct cs_entry_source_kind {
    int (*fd)(const struct cs_entry_source *source);
    /* Never waits. 1 handled something, 0 not, -ENODATA the end, -errno */
    int (*poll)(struct cs_entry_source *source);
    const struct connspan_run *(*run)(const struct cs_entry_source *source);
    const struct connspan_stats *(*stats)(struct cs_entry_source *source);
    void (*close)(struct cs_entry_source *source);
};

/* The timeline polls and closes it from now on. 0 or -errno: then the caller closes it. */
int cs_timeline_attach(struct connspan_timeline *timeline, const struct cs_entry_source_kind *kind,
                       struct cs_entry_source *source);

/* One that comes from the buffer of another: no observer is told. 0 or -ENOMEM. */
int cs_timeline_inherit(struct connspan_timeline *timeline, const struct connspan_entry *entry);

/* That other buffer had dropped so many before, and so many never reached us (a total). */
void cs_timeline_dropped_before(struct connspan_timeline *timeline, uint64_t entries);
void cs_timeline_lost(struct connspan_timeline *timeline, uint64_t entries);
