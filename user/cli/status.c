/* SPDX-License-Identifier: MIT */
/* Entries, connections per second over the last second, drops. */
#include "user/cli/status.h"

#include <inttypes.h>
#include <stdio.h>

#include "user/cli/clock.h"

#define REDRAW_NS (CS_NS_PER_SEC / 4)

uint64_t cs_status_due_ns(const struct cs_status *status, uint64_t entries, bool standing)
{
    if (!status->drawn_ns)
        return 0;
    if (!standing || entries != status->entries_drawn)
        return status->drawn_ns + REDRAW_NS;
    /* The rate falls to 0 when nothing comes any more: one redraw to say so. */
    if (status->per_second || entries != status->sampled)
        return status->sampled_ns + CS_NS_PER_SEC;
    return UINT64_MAX;
}

static void sample(struct cs_status *status, uint64_t now_ns, uint64_t entries)
{
    uint64_t passed_ns = now_ns - status->sampled_ns;

    if (status->sampled_ns && passed_ns < CS_NS_PER_SEC)
        return;
    if (status->sampled_ns)
        status->per_second =
            (uint64_t)((double)(entries - status->sampled) * CS_NS_PER_SEC / (double)passed_ns +
                       0.5);
    status->sampled_ns = now_ns;
    status->sampled = entries;
}

void cs_status_line(struct cs_status *status, uint64_t now_ns, const struct connspan_stats *stats,
                    int columns, char text[CS_STATUS_ROOM])
{
    /* One column less: a terminal may wrap when the last one is written. */
    int room = columns > 0 && columns < CS_STATUS_ROOM ? columns : CS_STATUS_ROOM;

    sample(status, now_ns, stats->entries);
    status->drawn_ns = now_ns;
    status->entries_drawn = stats->entries;
    snprintf(text, (size_t)room,
             "connspan: %" PRIu64 " entries  %" PRIu64 "/s  %" PRIu64 " failures  %" PRIu64
             " dropped",
             stats->entries, status->per_second, stats->failures, stats->dropped);
}
