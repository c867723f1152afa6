/* SPDX-License-Identifier: MIT */
/* A timeline on a tape, and on a tracer of its own that may not be opened: by the same call. */
#include <connspan/connspan.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

TestSuite(traced, .timeout = 30);

static void on_records(void *context, struct connspan_observer *observer,
                       const struct connspan_records *records)
{
    (void)observer;
    *(size_t *)context += records->list->count;
}

static size_t expected_entries(void)
{
    FILE *file = fopen(DEMO "/expect.ndjson", "r");
    char line[16384];
    size_t count = 0;

    cr_assert_not_null(file);
    while (fgets(line, sizeof(line), file))
        count += strstr(line, "\"entryType\":\"resource\"") != NULL;
    fclose(file);
    return count;
}

Test(traced, a_tape_to_its_end)
{
    struct connspan_timeline_options options = CONNSPAN_TIMELINE_OPTIONS;
    struct connspan_observe how = CONNSPAN_OBSERVE;
    struct connspan_timeline *timeline;
    struct connspan_observer *observer;
    size_t told = 0;
    int got;

    options.source = CONNSPAN_SOURCE_TAPE;
    options.path = DEMO "/events.tape";
    cr_assert_eq(connspan_timeline_open(&options, &timeline), 0);
    how.type = "resource";
    connspan_observer_new(timeline, on_records, &told, &observer);
    connspan_observer_observe(observer, &how);
    do
        got = connspan_timeline_poll(timeline, -1);
    while (got >= 0);
    cr_expect_eq(got, -ENODATA);
    cr_expect_gt(told, 0);
    cr_expect_eq(told, expected_entries());
    cr_expect_eq(connspan_timeline_stats(timeline)->entries, told);
    cr_expect_str_eq(connspan_timeline_run(timeline)->host, "host.example");
    cr_expect_eq(connspan_timeline_poll(timeline, -1), -ENODATA, "and again");
    connspan_timeline_close(timeline);
}

static void on_log(void *context, enum connspan_level level, const char *text)
{
    (void)level;
    snprintf(context, 256, "%s", text);
}

Test(traced, a_tracer_of_ones_own_needs_root)
{
    struct connspan_timeline_options options = CONNSPAN_TIMELINE_OPTIONS;
    struct connspan_options tracer = CONNSPAN_OPTIONS;
    struct connspan_timeline *timeline;
    char text[256] = "";

    if (!geteuid() && setresuid(65534, 65534, 65534))
        cr_skip_test("cannot drop root");
    tracer.on_log = on_log;
    tracer.context = text;
    options.tracer = &tracer;
    cr_expect_eq(connspan_timeline_open(&options, &timeline), -EPERM);
    cr_expect(strstr(text, "root"), "%s", text);
}
