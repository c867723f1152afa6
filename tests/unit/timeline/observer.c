/* SPDX-License-Identifier: MIT */
/*
 * The cases that web-platform-tests have of PerformanceObserver, by name:
 * performance-timeline/po-*, buffered-flag-*, droppedentriescount, and the last two of
 * resource-timing/.
 */
#include <connspan/observer.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>

#include "tests/unit/timeline/world.h"
#include "user/timeline/timeline.h"

static struct connspan_timeline *timeline;
static struct watcher one, two;
static const char *const resource[] = {"resource"};

static void open_world(void)
{
    timeline = world_open();
    world_watch(timeline, &one);
    world_watch(timeline, &two);
}

static void close_world(void)
{
    connspan_timeline_close(timeline);
}

TestSuite(observer, .init = open_world, .fini = close_world);

static void load(unsigned from, unsigned to)
{
    for (unsigned number = from; number <= to; number++)
        world_load(timeline, number);
}

static void run_tasks(void)
{
    while (connspan_timeline_poll(timeline, 0) > 0)
        ;
}

static void expect(const struct watcher *watcher, const char *told)
{
    cr_expect_str_eq(watcher->told, told, "told: %s", watcher->told);
}

/* ---- errors -------------------------------------------------------------------------------- */

Test(observer, po_observe_type_without_type_or_entry_types_is_a_type_error)
{
    struct connspan_observe nothing = CONNSPAN_OBSERVE;
    struct connspan_observe only_buffered = CONNSPAN_OBSERVE;

    only_buffered.buffered = true;
    cr_expect_eq(connspan_observer_observe(one.observer, &nothing), -EINVAL);
    cr_expect_eq(connspan_observer_observe(one.observer, &only_buffered), -EINVAL);
}

Test(observer, po_observe_type_with_entry_types_and_other_members_is_a_type_error)
{
    struct connspan_observe both = CONNSPAN_OBSERVE;

    both.type = "resource";
    both.entry_types = resource;
    both.entry_type_count = 1;
    cr_expect_eq(connspan_observer_observe(one.observer, &both), -EINVAL);
    both.type = NULL;
    both.buffered = true;
    cr_expect_eq(connspan_observer_observe(one.observer, &both), -EINVAL);
}

Test(observer, po_observe_type_mixed_is_an_invalid_modification)
{
    cr_expect_eq(world_observe(one.observer, "resource", false), 0);
    cr_expect_eq(world_observe_types(one.observer, resource, 1), -EBUSY);
    cr_expect_eq(world_observe_types(two.observer, resource, 1), 0);
    cr_expect_eq(world_observe(two.observer, "resource", false), -EBUSY);
    connspan_observer_disconnect(two.observer);
    cr_expect_eq(world_observe(two.observer, "resource", false), -EBUSY, "there is no way back");
}

Test(observer, po_observe_type_unknown_is_ignored)
{
    cr_expect_eq(world_observe(one.observer, "does-not-exist", true), 0);
    cr_expect_eq(world_observe_types(two.observer, (const char *const[]){"mark"}, 1), 0);
    load(1, 1);
    run_tasks();
    expect(&one, "");
    expect(&two, "");
}

Test(observer, po_observe_type_unknown_ones_beside_a_known_one_are_ignored)
{
    cr_expect_eq(world_observe_types(one.observer, (const char *const[]){"x", "resource"}, 2), 0);
    load(1, 1);
    run_tasks();
    expect(&one, "1 (dropped 0) |");
}

Test(observer, a_callback_is_required)
{
    struct connspan_observer *none;

    cr_expect_eq(connspan_observer_new(timeline, NULL, NULL, &none), -EINVAL);
}

/* ---- observe ------------------------------------------------------------------------------- */

Test(observer, po_observe)
{
    world_observe_types(one.observer, resource, 1);
    load(1, 2);
    expect(&one, "");
    run_tasks();
    expect(&one, "1 2 (dropped 0) |");
    load(3, 3);
    run_tasks();
    expect(&one, "1 2 (dropped 0) |3 |");
}

Test(observer, po_resource)
{
    world_observe(one.observer, "resource", false);
    world_observe_types(two.observer, resource, 1);
    load(1, 1);
    run_tasks();
    expect(&one, "1 (dropped 0) |");
    expect(&two, "1 (dropped 0) |");
}

Test(observer, po_observe_type_stacks)
{
    world_observe(one.observer, "resource", false);
    world_observe(one.observer, "does-not-exist", false);
    load(1, 1);
    run_tasks();
    expect(&one, "1 (dropped 0) |");
}

Test(observer, po_observe_repeated_type)
{
    world_observe(one.observer, "resource", false);
    world_observe(one.observer, "resource", false);
    load(1, 1);
    run_tasks();
    expect(&one, "1 (dropped 0) |");
}

Test(observer, po_observe_entry_types_replace_each_other)
{
    world_observe_types(one.observer, resource, 1);
    world_observe_types(one.observer, resource, 1);
    world_observe_types(one.observer, (const char *const[]){"mark"}, 1); /* aborted: no change */
    load(1, 1);
    run_tasks();
    expect(&one, "1 (dropped 0) |");
}

Test(observer, po_getentries)
{
    struct connspan_entry_list *list, *found;

    load(1, 3);
    load(2, 2);
    connspan_timeline_get_entries(timeline, &list);
    connspan_entry_list_by_type(list, "resource", &found);
    cr_expect_str_eq(world_text(found), "1 2 2 3 ");
    connspan_entry_list_by_type(list, "Resource", &found);
    cr_expect_str_eq(world_text(found), "");
    connspan_entry_list_by_name(list, "https://2.example/", NULL, &found);
    cr_expect_str_eq(world_text(found), "2 2 ");
    connspan_entry_list_by_name(list, "https://2.example/", "mark", &found);
    cr_expect_str_eq(world_text(found), "");
    connspan_entry_list_by_name(list, "https://2.EXAMPLE/", "resource", &found);
    cr_expect_str_eq(world_text(found), "");
    connspan_entry_list_free(list);
}

Test(observer, po_entries_sort)
{
    world_observe(one.observer, "resource", false);
    world_load_at(timeline, 1, 300);
    world_load_at(timeline, 2, 100);
    world_load_at(timeline, 4, 200);
    world_load_at(timeline, 3, 200);
    run_tasks();
    expect(&one, "2 3 4 1 (dropped 0) |");
}

Test(observer, several_are_told_in_order_of_registration)
{
    world_observe(two.observer, "resource", false);
    world_observe(one.observer, "resource", false);
    cr_expect_lt(two.observer->registered, one.observer->registered);
    load(1, 1);
    run_tasks();
    expect(&one, two.told);
}

Test(observer, queue_entry_regardless_buffer_size)
{
    connspan_timeline_set_resource_timing_buffer_size(timeline, 1);
    world_observe(one.observer, "resource", false);
    load(1, 2);
    run_tasks();
    expect(&one, "1 2 (dropped 0) |");
    cr_expect_eq(world_buffered(timeline), 1);
}

/* ---- buffered ------------------------------------------------------------------------------ */

Test(observer, buffered_flag)
{
    load(1, 2);
    run_tasks();
    world_observe(one.observer, "resource", true);
    run_tasks();
    expect(&one, "1 2 (dropped 0) |");
}

Test(observer, buffered_flag_observer)
{
    load(1, 50);
    world_observe(one.observer, "resource", true);
    load(51, 100);
    run_tasks();
    cr_expect_eq(one.callbacks, 1);
    cr_expect_str_eq(one.told + strlen(one.told) - strlen("99 100 (dropped 0) |"),
                     "99 100 (dropped 0) |");
    cr_expect(!strncmp(one.told, "1 2 3 ", 6));
}

Test(observer, buffered_flag_after_timeout)
{
    load(1, 1);
    run_tasks();
    run_tasks();
    world_observe(one.observer, "resource", true);
    cr_expect_eq(connspan_timeline_poll(timeline, -1), 1, "the task wakes a poll that waits");
    expect(&one, "1 (dropped 0) |");
}

Test(observer, observer_buffered_false)
{
    load(1, 1);
    world_observe(one.observer, "resource", false);
    load(2, 2);
    run_tasks();
    expect(&one, "2 (dropped 0) |");
}

Test(observer, buffered_flag_entrytypes_gives_nothing_of_before)
{
    load(1, 1);
    world_observe_types(one.observer, resource, 1);
    run_tasks();
    expect(&one, "");
}

/* ---- takeRecords, disconnect --------------------------------------------------------------- */

Test(observer, po_take_records)
{
    struct connspan_entry_list *list;

    connspan_observer_take_records(one.observer, &list);
    cr_expect_str_eq(world_text(list), "", "before observe");
    world_observe(one.observer, "resource", false);
    connspan_observer_take_records(one.observer, &list);
    cr_expect_str_eq(world_text(list), "");
    load(1, 2);
    connspan_observer_take_records(one.observer, &list);
    cr_expect_str_eq(world_text(list), "1 2 ");
    connspan_observer_take_records(one.observer, &list);
    cr_expect_str_eq(world_text(list), "", "each once");
    run_tasks();
    expect(&one, "");
}

Test(observer, po_disconnect)
{
    struct connspan_entry_list *list;

    world_observe(one.observer, "resource", false);
    world_observe(two.observer, "resource", false);
    load(1, 1);
    connspan_observer_disconnect(one.observer);
    load(2, 2);
    connspan_observer_take_records(one.observer, &list);
    cr_expect_str_eq(world_text(list), "");
    run_tasks();
    expect(&one, "");
    expect(&two, "1 2 (dropped 0) |");
}

Test(observer, po_disconnect_removes_observed_types)
{
    world_observe(one.observer, "resource", false);
    connspan_observer_disconnect(one.observer);
    world_observe(one.observer, "does-not-exist", false);
    load(1, 1);
    run_tasks();
    expect(&one, "");
}

Test(observer, disconnected_and_observing_again)
{
    world_observe(one.observer, "resource", false);
    connspan_observer_disconnect(one.observer);
    connspan_observer_disconnect(one.observer);
    load(1, 1);
    world_observe(one.observer, "resource", false);
    load(2, 2);
    run_tasks();
    expect(&one, "2 (dropped 0) |");
}

Test(observer, supported_resource_type)
{
    const char *const *types = connspan_observer_supported_types();

    cr_expect_str_eq(types[0], "resource");
    cr_expect_null(types[1]);
    for (size_t i = 0; types[i] && types[i + 1]; i++)
        cr_expect_lt(strcmp(types[i], types[i + 1]), 0, "alphabetical");
}
