/* SPDX-License-Identifier: MIT */
/* performance.getEntries*: case-sensitivity, get-invalid-entries, webtiming-resolution, tojson. */
#include <connspan/timeline.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/timeline/world.h"

static struct connspan_timeline *timeline;

static void open_world(void)
{
    timeline = world_open();
    for (unsigned number = 1; number <= 3; number++)
        world_load_at(timeline, number, 1000 - number);
}

static void close_world(void)
{
    connspan_timeline_close(timeline);
}

TestSuite(timeline, .init = open_world, .fini = close_world);

static const char *by_type(const char *type)
{
    struct connspan_entry_list *list;

    return connspan_timeline_get_entries_by_type(timeline, type, &list) ? "" : world_text(list);
}

static const char *by_name(const char *name, const char *type)
{
    struct connspan_entry_list *list;

    return connspan_timeline_get_entries_by_name(timeline, name, type, &list) ? ""
                                                                              : world_text(list);
}

Test(timeline, get_entries_is_in_order_of_start_time)
{
    cr_expect_str_eq(world_buffer_text(timeline), "3 2 1 ");
    cr_expect_str_eq(by_type("resource"), "3 2 1 ");
}

Test(timeline, case_sensitivity)
{
    cr_expect_str_eq(by_type("Resource"), "");
    cr_expect_str_eq(by_type("RESOURCE"), "");
    cr_expect_str_eq(by_name("https://1.example/", "Resource"), "");
    cr_expect_str_eq(by_name("HTTPS://1.example/", NULL), "");
    cr_expect_str_eq(by_name("https://1.example/", "resource"), "1 ");
    cr_expect_str_eq(by_name("https://1.example/", NULL), "1 ");
}

Test(timeline, get_invalid_entries)
{
    cr_expect_str_eq(by_type("not-an-entry-type"), "");
    cr_expect_str_eq(by_type(""), "");
    cr_expect_str_eq(by_name("not-a-name", NULL), "");
    cr_expect_str_eq(by_name("https://1.example/", "not-an-entry-type"), "");
}

Test(timeline, webtiming_resolution)
{
    struct connspan_entry_list *list;

    connspan_timeline_get_entries(timeline, &list);
    cr_expect_eq(list->entries[1]->start_time - list->entries[0]->start_time, 1, "nanoseconds");
    connspan_entry_list_free(list);
}

Test(timeline, a_list_is_a_copy_that_later_entries_do_not_change)
{
    struct connspan_entry_list *list;

    connspan_timeline_get_entries(timeline, &list);
    world_load(timeline, 9);
    connspan_timeline_clear_resource_timings(timeline);
    cr_expect_str_eq(world_text(list), "3 2 1 ");
}

/* resource-timing/tojson.html: every attribute of the two interfaces is a key. */
Test(timeline, tojson)
{
    static const char *const keys[] = {"id",
                                       "name",
                                       "entryType",
                                       "startTime",
                                       "duration",
                                       "navigationId",
                                       "initiatorType",
                                       "deliveryType",
                                       "nextHopProtocol",
                                       "workerStart",
                                       "redirectStart",
                                       "redirectEnd",
                                       "fetchStart",
                                       "domainLookupStart",
                                       "domainLookupEnd",
                                       "connectStart",
                                       "connectEnd",
                                       "secureConnectionStart",
                                       "requestStart",
                                       "finalResponseHeadersStart",
                                       "firstInterimResponseStart",
                                       "responseStart",
                                       "responseEnd",
                                       "workerRouterEvaluationStart",
                                       "workerCacheLookupStart",
                                       "workerMatchedRouterSource",
                                       "workerFinalRouterSource",
                                       "transferSize",
                                       "encodedBodySize",
                                       "decodedBodySize",
                                       "responseStatus",
                                       "renderBlockingStatus",
                                       "contentType",
                                       "contentEncoding"};
    struct connspan_entry_list *list;
    char json[8192], key[64];

    connspan_timeline_get_entries(timeline, &list);
    cr_assert_lt(connspan_entry_json(list->entries[0], json, sizeof(json)), sizeof(json));
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        snprintf(key, sizeof(key), "\"%s\":", keys[i]);
        cr_expect(strstr(json, key), "%s is missing", keys[i]);
    }
    cr_expect(strstr(json, "\"entryType\":\"resource\""));
    cr_expect_str_eq(connspan_entry_type(list->entries[0]), "resource");
    connspan_entry_list_free(list);
}

Test(timeline, without_a_source_there_is_no_run)
{
    cr_expect_null(connspan_timeline_run(timeline));
    cr_expect_eq(connspan_timeline_poll(timeline, 0), 0);
    cr_expect_eq(connspan_timeline_lost_entries(timeline), 0);
    connspan_timeline_close(NULL);
}
