/* SPDX-License-Identifier: MIT */
/* Ties decode, tape, fold, entry and filter together: none of them knows the next. */
#include "user/tracer/pipeline.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "user/entry/filter.h"
#include "user/entry/loss.h"
#include "user/feed/decode.h"

static void on_record(void *context, const struct cs_record *record)
{
    struct cs_pipeline *pipeline = context;
    struct connspan_entry entry;
    bool ordered = cs_entry_build(record, &pipeline->origin, &pipeline->text, &entry);

    if (!cs_filter_passes(&pipeline->filter.filter, pipeline->role, &entry))
        return;
    if (!ordered)
        pipeline->own_loss[CS_LOSS_ORDER]++;
    if (record->tls.marks_disagree)
        pipeline->own_loss[CS_LOSS_MARKS]++;
    if (entry.connection.outcome == CONNSPAN_FAILED || entry.connection.outcome == CONNSPAN_ABORTED)
        pipeline->failures++;
    entry.sequence = ++pipeline->entries;
    if (pipeline->web_strict)
        cs_strict_apply(record, pipeline->secret, &entry);
    if (pipeline->on_entry)
        pipeline->on_entry(pipeline->context, &entry);
}

int cs_pipeline_init(struct cs_pipeline *pipeline, const struct connspan_options *options)
{
    struct cs_fold_options fold = {.on_record = on_record,
                                   .context = pipeline,
                                   .requests = options->requests,
                                   .url = (enum cs_url_parts)options->url};
    const struct connspan_run *run = &pipeline->run.shown;
    int err;

    pipeline->log = (struct cs_log){options->on_log, options->context};
    pipeline->on_entry = options->on_entry;
    pipeline->context = options->context;
    pipeline->role = options->role;
    pipeline->web_strict = options->web_strict;
    getentropy(&pipeline->secret, sizeof(pipeline->secret));
    pipeline->origin = (struct cs_origin){run->time_origin_ns, run->clock_ns, run->clock_unix_ns};
    pipeline->fold = cs_fold_new(&fold);
    err = pipeline->fold ? cs_filter_copy_init(&pipeline->filter, &options->filter) : -ENOMEM;
    if (err) {
        cs_pipeline_free(pipeline);
        return cs_fail(&pipeline->log, err, "out of memory");
    }
    return 0;
}

void cs_pipeline_free(struct cs_pipeline *pipeline)
{
    cs_fold_free(pipeline->fold);
    cs_filter_copy_free(&pipeline->filter);
    cs_tape_writer_close(pipeline->tape);
    pipeline->fold = NULL;
    pipeline->tape = NULL;
}

static void note_loss(struct cs_pipeline *pipeline, const struct cs_event *event)
{
    const struct cs_event_loss *loss = (const void *)event;
    size_t count = (event->size_bytes - sizeof(*event)) / sizeof(loss->total[0]);

    if (count > CS_LOSS_COUNT)
        count = CS_LOSS_COUNT;
    memcpy(pipeline->source_loss, loss->total, count * sizeof(loss->total[0]));
}

static void note_clock(struct cs_pipeline *pipeline, const struct cs_event *event)
{
    const struct cs_event_clock *clock = (const void *)event;

    pipeline->origin.clock_ns = pipeline->run.shown.clock_ns = event->ts_ns;
    pipeline->origin.clock_unix_ns = pipeline->run.shown.clock_unix_ns = clock->unix_ns;
}

void cs_pipeline_event(struct cs_pipeline *pipeline, const struct cs_event *event)
{
    if (pipeline->tape)
        cs_tape_writer_add(pipeline->tape, event);
    if (event->kind == CS_EVENT_LOSS)
        note_loss(pipeline, event);
    else if (event->kind == CS_EVENT_CLOCK)
        note_clock(pipeline, event);
    else
        cs_fold_event(pipeline->fold, event);
}

void cs_pipeline_raw(struct cs_pipeline *pipeline, const void *data, size_t length)
{
    const struct cs_event *event;

    if (cs_decode(data, length, &event))
        pipeline->own_loss[CS_LOSS_EVENT]++;
    else
        cs_pipeline_event(pipeline, event);
}

const struct connspan_stats *cs_pipeline_stats(struct cs_pipeline *pipeline)
{
    uint64_t totals[CS_LOSS_COUNT];

    pipeline->own_loss[CS_LOSS_PENDING_FULL] = cs_fold_pending_full(pipeline->fold);
    pipeline->own_loss[CS_LOSS_REQUEST] = cs_fold_requests_lost(pipeline->fold);
    pipeline->own_loss[CS_LOSS_DNS] = cs_fold_dns_lost(pipeline->fold);
    if (pipeline->tape)
        pipeline->own_loss[CS_LOSS_TAPE] = cs_tape_writer_lost(pipeline->tape);
    for (int loss = 0; loss < CS_LOSS_COUNT; loss++) {
        totals[loss] = pipeline->source_loss[loss] + pipeline->own_loss[loss];
        pipeline->shown_loss[loss] =
            (struct connspan_loss){cs_loss_name((enum cs_loss)loss), totals[loss]};
    }
    pipeline->stats = (struct connspan_stats){
        .entries = pipeline->entries,
        .failures = pipeline->failures,
        .dropped = cs_loss_sum(totals),
        .losses = pipeline->shown_loss,
        .loss_count = CS_LOSS_COUNT,
    };
    return &pipeline->stats;
}
