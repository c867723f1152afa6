/* SPDX-License-Identifier: MIT */
/* The callback of the fold, and deep copies of what it is given. */
#include "tests/harness/capture.h"

#include <stdio.h>
#include <stdlib.h>

static void keep(const char **text, char copy[CAPTURE_TEXT_BYTES])
{
    if (!*text)
        return;
    snprintf(copy, CAPTURE_TEXT_BYTES, "%s", *text);
    *text = copy;
}

static void on_record(void *context, const struct cs_record *record)
{
    struct capture *capture = context;
    size_t at = capture->count++;

    if (at >= CAPTURE_RECORDS)
        abort();
    capture->records[at] = *record;
    keep(&capture->records[at].exe, capture->texts[at][0]);
    keep(&capture->records[at].cgroup, capture->texts[at][1]);
    keep(&capture->records[at].tls.library, capture->texts[at][2]);
    keep(&capture->records[at].error_detail, capture->texts[at][CAPTURE_DETAIL]);
    if (record->tunnel) {
        capture->tunnels[at] = *record->tunnel;
        capture->records[at].tunnel = &capture->tunnels[at];
    }
    keep(&capture->records[at].lookup.name, capture->texts[at][CAPTURE_LOOKUP]);
}

void capture_open(struct capture *capture, size_t max_pending)
{
    struct cs_fold_options options = {
        .on_record = on_record,
        .context = capture,
        .max_pending = max_pending,
    };

    *capture = (struct capture){.fold = cs_fold_new(&options)};
    if (!capture->fold)
        abort();
}

void capture_close(struct capture *capture)
{
    cs_fold_free(capture->fold);
}
