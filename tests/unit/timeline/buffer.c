/* SPDX-License-Identifier: MIT */
/*
 * resource-timing/buffer-full-*.html and what else web-platform-tests ask of the buffer: each test
 * bears the name of its case, and does what the case does with as many entries.
 */
#include "user/timeline/buffer.h"

#include <criterion/criterion.h>

#include "tests/unit/timeline/world.h"

static struct connspan_timeline *timeline;
static unsigned fired;
static unsigned next; /* the number of the next entry that a callback loads */

static void open_world(void)
{
    timeline = world_open();
    fired = 0;
}

static void close_world(void)
{
    connspan_timeline_close(timeline);
}

TestSuite(buffer, .init = open_world, .fini = close_world);

static void on_full(connspan_timeline_full_fn fn)
{
    connspan_timeline_on_resource_timing_buffer_full(timeline, fn, NULL);
}

static void limit(size_t entries)
{
    connspan_timeline_set_resource_timing_buffer_size(timeline, entries);
}

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

static void expect(const char *buffered, uint64_t dropped)
{
    cr_expect_str_eq(world_buffer_text(timeline), buffered, "%s", world_buffer_text(timeline));
    cr_expect_eq(connspan_timeline_dropped_entries(timeline, "resource"), dropped);
}

static void count(void *context, struct connspan_timeline *of)
{
    (void)context;
    cr_assert_eq(of, timeline);
    fired++;
}

Test(buffer, default_size_is_250)
{
    on_full(count);
    load(1, 250);
    run_tasks();
    cr_expect_eq(fired, 0);
    load(251, 251);
    run_tasks();
    cr_expect_eq(fired, 1);
    cr_expect_eq(world_buffered(timeline), 250);
    cr_expect_eq(connspan_timeline_dropped_entries(timeline, "resource"), 1);
}

Test(buffer, buffer_full_eventually)
{
    limit(1);
    on_full(count);
    load(1, 1);
    run_tasks();
    cr_expect_eq(fired, 0, "full, but nothing was refused yet");
    load(2, 2);
    cr_expect_eq(fired, 0, "the event is a task");
    run_tasks();
    cr_expect_eq(fired, 1);
    expect("1 ", 1);
}

Test(buffer, buffer_full_then_increased)
{
    limit(1);
    load(1, 2);
    limit(2);
    run_tasks();
    expect("1 2 ", 0);
}

Test(buffer, buffer_full_then_decreased)
{
    limit(3);
    load(1, 4);
    limit(2);
    run_tasks();
    expect("1 2 3 ", 1);
}

Test(buffer, buffer_full_set_to_current_buffer)
{
    on_full(count);
    load(1, 1);
    limit(1);
    load(2, 2);
    run_tasks();
    cr_expect_eq(fired, 1);
    expect("1 ", 1);
}

Test(buffer, buffer_full_add_then_clear)
{
    limit(1);
    on_full(count);
    load(1, 3);
    connspan_timeline_clear_resource_timings(timeline);
    run_tasks();
    cr_expect_eq(fired, 1, "room for one was made without it, for the last it was not");
    expect("2 ", 1);
}

static void add_two_and_room_for_them(void *context, struct connspan_timeline *of)
{
    (void)context;
    fired++;
    load(next, next + 1);
    next += 2;
    connspan_timeline_set_resource_timing_buffer_size(of, 1000);
}

Test(buffer, buffer_full_add_entries_during_callback)
{
    limit(1);
    next = 3;
    on_full(add_two_and_room_for_them);
    load(1, 2);
    run_tasks();
    cr_expect_eq(fired, 1);
    expect("1 2 3 4 ", 0);
}

static void add_two(void *context, struct connspan_timeline *of)
{
    (void)context;
    (void)of;
    fired++;
    load(next, next + 1);
    next += 2;
}

Test(buffer, buffer_full_add_entries_during_callback_that_drop)
{
    limit(1);
    next = 3;
    on_full(add_two);
    load(1, 2);
    run_tasks();
    cr_expect_eq(fired, 1, "no progress: it is given up at once");
    expect("1 ", 3);
}

static void increase(void *context, struct connspan_timeline *of)
{
    (void)context;
    fired++;
    connspan_timeline_set_resource_timing_buffer_size(of, 2);
}

Test(buffer, buffer_full_increase_buffer_during_callback)
{
    limit(1);
    on_full(increase);
    load(1, 2);
    run_tasks();
    cr_expect_eq(fired, 1);
    expect("1 2 ", 0);
}

static void inspect(void *context, struct connspan_timeline *of)
{
    (void)context;
    fired++;
    cr_expect_str_eq(world_buffer_text(of), "1 ", "the one refused is not to be seen");
    connspan_timeline_clear_resource_timings(of);
    cr_expect_str_eq(world_buffer_text(of), "");
}

Test(buffer, buffer_full_inspect_buffer_during_callback)
{
    limit(1);
    on_full(inspect);
    load(1, 2);
    run_tasks();
    cr_expect_eq(fired, 1);
    expect("2 ", 0);
}

static void clear(void *context, struct connspan_timeline *of)
{
    (void)context;
    fired++;
    connspan_timeline_clear_resource_timings(of);
}

Test(buffer, buffer_full_when_populate_entries)
{
    limit(1);
    on_full(clear);
    load(1, 3);
    run_tasks();
    cr_expect_eq(fired, 2);
    expect("3 ", 0);
}

Test(buffer, the_event_comes_again_after_entries_were_given_up)
{
    limit(1);
    on_full(count);
    load(1, 2);
    run_tasks();
    load(3, 3);
    run_tasks();
    cr_expect_eq(fired, 2);
    expect("1 ", 2);
}

Test(buffer, entries_that_follow_a_refused_one_wait_behind_it)
{
    limit(1);
    load(1, 2);
    connspan_timeline_clear_resource_timings(timeline);
    load(3, 3);
    limit(5);
    run_tasks();
    expect("2 3 ", 0);
}

Test(buffer, clear_resource_timing_functionality)
{
    load(1, 3);
    connspan_timeline_clear_resource_timings(timeline);
    expect("", 0);
    load(4, 4);
    expect("4 ", 0);
}

Test(buffer, nothing_waits_without_bound)
{
    limit(0);
    load(1, CS_SECONDARY_LIMIT + 5);
    cr_expect_eq(connspan_timeline_dropped_entries(timeline, "resource"), 5);
    run_tasks();
    expect("", CS_SECONDARY_LIMIT + 5);
}
