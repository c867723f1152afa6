/* SPDX-License-Identifier: MIT */
/* From raw record to callback: what is refused, filtered, counted and told of losses and clocks. */
#include "user/tracer/pipeline.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/harness/events.h"

static struct cs_pipeline pipeline;
static struct connspan_entry last;
static int told;

static void on_entry(void *context, const struct connspan_entry *entry)
{
    (void)context;
    last = *entry;
    told++;
}

static void open_pipeline(void)
{
    static const uint16_t ports[] = {443};
    struct connspan_options options = {
        .on_entry = on_entry,
        .filter = {.ports = ports, .port_count = 1},
    };

    pipeline.run.shown.time_origin_ns = EV_START - S;
    pipeline.run.shown.clock_ns = EV_START - S;
    pipeline.run.shown.clock_unix_ns = 1000 * S;
    cr_assert_eq(cs_pipeline_init(&pipeline, &options), 0);
}

static void close_pipeline(void)
{
    cs_pipeline_free(&pipeline);
}

static void give(uint64_t id, uint16_t port, enum cs_reason reason)
{
    struct cs_event_connection event = ev_connection(id, EV_START + S, reason);

    event.facts.remote_port = port;
    if (reason == CS_REASON_FAILED) {
        event.facts.established_ns = 0;
        event.cause = CS_CAUSE_KERNEL;
        event.error = 111;
    }
    cs_pipeline_raw(&pipeline, &event, sizeof(event));
}

TestSuite(pipeline, .init = open_pipeline, .fini = close_pipeline);

Test(pipeline, an_entry_for_a_connection)
{
    give(1, 443, CS_REASON_PAYLOAD);
    cr_assert_eq(told, 1);
    cr_expect_eq(last.sequence, 1);
    cr_expect_eq(last.start_time, S);
    cr_expect_eq(last.unix_ns, 1001 * S);
    cr_expect_eq(cs_pipeline_stats(&pipeline)->entries, 1);
    cr_expect_eq(cs_pipeline_stats(&pipeline)->dropped, 0);
}

Test(pipeline, what_is_filtered_is_not_counted)
{
    give(1, 80, CS_REASON_FAILED);
    give(2, 443, CS_REASON_FAILED);
    cr_expect_eq(told, 1);
    cr_expect_eq(cs_pipeline_stats(&pipeline)->entries, 1);
    cr_expect_eq(cs_pipeline_stats(&pipeline)->failures, 1);
}

Test(pipeline, garbage_is_counted_as_dropped)
{
    uint64_t garbage[4] = {1, 2, 3, 4};

    cs_pipeline_raw(&pipeline, garbage, sizeof(garbage));
    cr_expect_eq(told, 0);
    cr_expect_eq(cs_pipeline_stats(&pipeline)->losses[CS_LOSS_EVENT].total, 1);
    cr_expect_eq(cs_pipeline_stats(&pipeline)->dropped, 1);
}

Test(pipeline, losses_of_the_source_and_our_own_add_up)
{
    struct cs_event_loss loss = {
        .event = {.ts_ns = EV_START,
                  .size_bytes = sizeof(loss),
                  .kind = CS_EVENT_LOSS,
                  .version = CS_EVENT_VERSION},
    };

    loss.total[CS_LOSS_RING_CHUNK] = 5;
    cs_pipeline_raw(&pipeline, &loss, sizeof(loss));
    pipeline.own_loss[CS_LOSS_OUTPUT] = 2;
    cr_expect_eq(cs_pipeline_stats(&pipeline)->losses[CS_LOSS_RING_CHUNK].total, 5);
    cr_expect_eq(cs_pipeline_stats(&pipeline)->dropped, 7);
}

Test(pipeline, a_new_anchor_moves_the_wall_clock_not_the_origin)
{
    struct cs_event_clock clock = {
        .event = {.ts_ns = EV_START,
                  .size_bytes = sizeof(clock),
                  .kind = CS_EVENT_CLOCK,
                  .version = CS_EVENT_VERSION},
        .unix_ns = 5000 * S,
    };

    cs_pipeline_raw(&pipeline, &clock, sizeof(clock));
    give(1, 443, CS_REASON_PAYLOAD);
    cr_expect_eq(last.start_time, S);
    cr_expect_eq(last.unix_ns, 5000 * S);
    cr_expect_eq(pipeline.run.shown.clock_unix_ns, 5000 * S);
    cr_expect_eq(pipeline.run.shown.time_origin_ns, EV_START - S);
}
