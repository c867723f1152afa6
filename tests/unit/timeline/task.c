/* SPDX-License-Identifier: MIT */
/*
 * When callbacks run, and what they may do meanwhile: droppedentriescount and po-callback-mutate of
 * web-platform-tests, and frees in the middle of things.
 */
#include <connspan/observer.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>

#include "tests/unit/timeline/world.h"
#include "user/timeline/timeline.h"

static struct connspan_timeline *timeline;
static struct watcher one, two;

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

TestSuite(task, .init = open_world, .fini = close_world);

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

/* ---- dropped ------------------------------------------------------------------------------- */

Test(task, droppedentriescount)
{
    connspan_timeline_set_resource_timing_buffer_size(timeline, 0);
    load(1, 2);
    run_tasks(); /* they are given up: before anybody observes */
    world_observe(one.observer, "resource", false);
    load(3, 3);
    run_tasks();
    expect(&one, "3 (dropped 2) |");
    load(4, 4);
    run_tasks();
    expect(&one, "3 (dropped 2) |4 |");
    world_observe(one.observer, "resource", false); /* again: it is told again */
    load(5, 5);
    run_tasks();
    expect(&one, "3 (dropped 2) |4 |5 (dropped 4) |");
    cr_expect_eq(connspan_timeline_dropped_entries(timeline, "resource"), 5);
    cr_expect_eq(connspan_timeline_dropped_entries(timeline, "mark"), 0);
}

Test(task, too_many_waiting_are_lost_and_told)
{
    world_observe(one.observer, "resource", false);
    for (unsigned i = 0; i < CS_OBSERVER_LIMIT + 3; i++)
        world_load(timeline, 1);
    run_tasks();
    cr_expect_eq(one.lost, 3);
}

/* ---- callbacks that do things -------------------------------------------------------------- */

static void load_another(void *context, struct connspan_observer *observer,
                         const struct connspan_records *records)
{
    unsigned *calls = context;

    (void)observer;
    cr_expect_eq(records->list->count, 1);
    cr_expect_eq(connspan_timeline_poll(timeline, 0), -EBUSY, "not from within a callback");
    if (++*calls == 1)
        load(2, 2);
}

Test(task, po_callback_mutate)
{
    struct connspan_observer *mutating;
    unsigned calls = 0;

    connspan_observer_new(timeline, load_another, &calls, &mutating);
    world_observe(mutating, "resource", false);
    load(1, 1);
    cr_expect_eq(connspan_timeline_poll(timeline, 0), 1);
    cr_expect_eq(calls, 1, "what it queued is for the next task");
    cr_expect_eq(connspan_timeline_poll(timeline, -1), 1);
    cr_expect_eq(calls, 2);
}

static void free_both(void *context, struct connspan_observer *observer,
                      const struct connspan_records *records)
{
    (void)records;
    connspan_observer_free(one.observer);
    connspan_observer_free(observer);
    *(unsigned *)context += 1;
}

Test(task, freed_by_a_callback)
{
    struct connspan_observer *freeing;
    unsigned calls = 0;

    connspan_observer_new(timeline, free_both, &calls, &freeing);
    world_observe(freeing, "resource", false);
    world_observe(one.observer, "resource", false);
    world_observe(two.observer, "resource", false);
    load(1, 1);
    run_tasks();
    load(2, 2);
    run_tasks();
    cr_expect_eq(calls, 1);
    expect(&one, "");
    expect(&two, "1 (dropped 0) |2 |");
}

Test(task, an_entry_outlives_its_list)
{
    struct connspan_entry_list *list;
    struct connspan_entry *copy;

    load(1, 1);
    connspan_timeline_get_entries(timeline, &list);
    copy = connspan_entry_copy(list->entries[0]);
    connspan_entry_list_free(list);
    connspan_timeline_clear_resource_timings(timeline);
    cr_expect_str_eq(copy->name, "https://1.example/");
    connspan_entry_free(copy);
}

Test(task, the_fd_is_readable_when_there_is_something_to_run)
{
    struct pollfd fd = {.fd = connspan_timeline_fd(timeline), .events = POLLIN};

    world_observe(one.observer, "resource", false);
    run_tasks();
    cr_expect_eq(poll(&fd, 1, 0), 0);
    load(1, 1);
    cr_expect_eq(poll(&fd, 1, 0), 1);
    run_tasks();
    cr_expect_eq(poll(&fd, 1, 0), 0);
    connspan_timeline_wake(timeline);
    cr_expect_eq(poll(&fd, 1, 0), 1);
}
