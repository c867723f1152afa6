/* SPDX-License-Identifier: MIT */
/* A listener and timelines in one process: what arrives, what is refused, what is left behind. */
#include <connspan/connspan.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/harness/scratch.h"
#include "tests/unit/sink/sample.h"

static char log_text[1024];
static const char *path;

static void on_log(void *context, enum connspan_level level, const char *text)
{
    (void)context;
    (void)level;
    snprintf(log_text, sizeof(log_text), "%s", text);
}

static void prepare(void)
{
    path = strdup(scratch_path("socket"));
}

static void tidy(void)
{
    free((void *)path);
    scratch_remove();
}

TestSuite(socket, .init = prepare, .fini = tidy, .timeout = 30);

static int try_listen(struct connspan_listener **listener, const char *group)
{
    struct connspan_listener_options options = CONNSPAN_LISTENER_OPTIONS;

    options.path = path;
    options.group = group;
    options.mode = 0640;
    options.on_log = on_log;
    return connspan_listener_open(&options, &sample_run, listener);
}

static struct connspan_listener *listen_there(void)
{
    struct connspan_listener *listener = NULL;

    cr_assert_eq(try_listen(&listener, NULL), 0, "%s", log_text);
    return listener;
}

static int try_connect(struct connspan_timeline **timeline, uint16_t port)
{
    struct connspan_timeline_options options = CONNSPAN_TIMELINE_OPTIONS;
    struct connspan_options tracer = CONNSPAN_OPTIONS;

    tracer.on_log = on_log;
    tracer.filter.ports = &port;
    tracer.filter.port_count = port ? 1 : 0;
    options.source = CONNSPAN_SOURCE_SOCKET;
    options.path = path;
    options.tracer = &tracer;
    return connspan_timeline_open(&options, timeline);
}

static struct connspan_timeline *connect_there(void)
{
    struct connspan_timeline *timeline = NULL;

    cr_assert_eq(try_connect(&timeline, 0), 0, "%s", log_text);
    return timeline;
}

static void hand_over(struct connspan_listener *listener, struct connspan_entry entry)
{
    cr_expect_eq(connspan_listener_entry(listener, &entry), 0);
    connspan_listener_flush(listener);
}

static size_t buffered(struct connspan_timeline *timeline)
{
    struct connspan_entry_list *list;
    size_t count;

    connspan_timeline_get_entries(timeline, &list);
    count = list->count;
    connspan_entry_list_free(list);
    return count;
}

static void wait_for(struct connspan_timeline *timeline, size_t count)
{
    while (buffered(timeline) < count)
        cr_assert_geq(connspan_timeline_poll(timeline, -1), 0, "%s", log_text);
}

static int poll_to_end(struct connspan_timeline *timeline)
{
    int got;

    do
        got = connspan_timeline_poll(timeline, -1);
    while (got >= 0);
    return got;
}

Test(socket, entries_arrive_live_and_from_before)
{
    struct connspan_listener *listener = listen_there();
    struct connspan_timeline *early = connect_there(), *late;

    hand_over(listener, sample_plain());
    wait_for(early, 1);
    late = connect_there();
    cr_expect_eq(buffered(late), 1, "before any poll");
    hand_over(listener, sample_tls());
    wait_for(late, 2);
    cr_expect_str_eq(connspan_timeline_run(late)->host, sample_run.host);
    cr_expect_eq(connspan_timeline_stats(late)->entries, 2);
    connspan_timeline_close(early);
    connspan_listener_close(listener);
    cr_expect_eq(poll_to_end(late), -ENODATA, "an end in order");
    cr_expect_eq(buffered(late), 2, "and all is still there");
    connspan_timeline_close(late);
}

static void on_records(void *context, struct connspan_observer *observer,
                       const struct connspan_records *records)
{
    (void)observer;
    *(size_t *)context += records->list->count;
    if (records->first)
        cr_expect_eq(records->dropped_entries, 50, "what the buffer had no room for");
}

Test(socket, a_late_observer_is_given_the_last_250)
{
    struct connspan_listener *listener = listen_there();
    struct connspan_timeline *early = connect_there(), *late;
    struct connspan_observe how = CONNSPAN_OBSERVE;
    struct connspan_observer *observer;
    size_t told = 0;

    connspan_timeline_set_resource_timing_buffer_size(early, 300);
    for (int i = 0; i < 300; i++)
        hand_over(listener, sample_plain());
    wait_for(early, 300);
    late = connect_there();
    how.type = "resource";
    how.buffered = true;
    connspan_observer_new(late, on_records, &told, &observer);
    connspan_observer_observe(observer, &how);
    connspan_timeline_poll(late, -1);
    cr_expect_eq(told, 250);
    connspan_timeline_close(early);
    connspan_timeline_close(late);
    connspan_listener_close(listener);
}

Test(socket, filters)
{
    struct connspan_listener *listener = listen_there();
    struct connspan_timeline *timeline = NULL;

    cr_assert_eq(try_connect(&timeline, 443), 0);
    hand_over(listener, sample_plain()); /* 5432 */
    hand_over(listener, sample_tls());
    wait_for(timeline, 1);
    cr_expect_eq(connspan_timeline_stats(timeline)->entries, 1);
    connspan_timeline_close(timeline);
    connspan_listener_close(listener);
}

Test(socket, nobody_listens)
{
    struct connspan_timeline *timeline;

    cr_expect_eq(try_connect(&timeline, 0), -ENOENT);
    cr_expect(strstr(log_text, "no tracer listens there"), "%s", log_text);
}

Test(socket, one_tracer_per_socket)
{
    struct connspan_listener *first = listen_there(), *second;

    cr_expect_eq(try_listen(&second, NULL), -EADDRINUSE);
    connspan_listener_close(first);
    cr_expect_eq(access(path, F_OK), -1, "it is removed");
}

static void leave_a_stale_socket(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    strcpy(address.sun_path, path);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
}

Test(socket, what_a_killed_tracer_left_is_replaced)
{
    struct connspan_timeline *timeline;
    struct stat info;

    leave_a_stale_socket();
    cr_expect_eq(try_connect(&timeline, 0), -ECONNREFUSED);
    connspan_listener_close(listen_there());
    leave_a_stale_socket();
    struct connspan_listener *listener = listen_there();
    stat(path, &info);
    cr_expect_eq(info.st_mode & 0777, 0640);
    connspan_listener_close(listener);
}

Test(socket, anything_else_is_left_alone)
{
    struct connspan_listener *listener;

    close(open(path, O_CREAT | O_WRONLY, 0600));
    cr_expect_eq(try_listen(&listener, NULL), -EEXIST);
    cr_expect_eq(access(path, F_OK), 0);
}

Test(socket, groups)
{
    struct connspan_listener *listener;

    cr_expect_eq(try_listen(&listener, "no-such-group"), -EINVAL);
    cr_assert_eq(try_listen(&listener, "0"), geteuid() ? -EPERM : 0);
    if (!geteuid())
        connspan_listener_close(listener);
}

/* Another server that answers with `text`. */
static int connect_to_another(const char *text)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), peer;
    struct connspan_timeline *timeline;
    int got;
    pid_t child;

    strcpy(address.sun_path, path);
    unlink(path);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    listen(fd, 1);
    child = fork();
    if (!child) {
        peer = accept(fd, NULL, NULL);
        send(peer, text, strlen(text), MSG_NOSIGNAL);
        close(peer);
        _exit(0);
    }
    got = try_connect(&timeline, 0);
    close(fd);
    return got;
}

Test(socket, what_is_no_tracer_is_refused)
{
    cr_expect_eq(connect_to_another("HTTP/1.1 400 Bad Request\r\n"), -EPROTO);
    cr_expect_eq(connect_to_another(""), -ECONNRESET);
    cr_expect_eq(connect_to_another("{\"entryType\":\"connspan.live\",\"dropped\":0}\n"), -EPROTO);
    cr_expect_eq(connect_to_another("{\"entryType\":\"connspan.error\",\"error\":\"too many\"}\n"),
                 -EPROTO);
    cr_expect_str_eq(log_text, "the tracer's socket: too many");
}

Test(socket, a_tape_and_no_source_by_the_same_call)
{
    struct connspan_timeline_options options = CONNSPAN_TIMELINE_OPTIONS;
    struct connspan_timeline *timeline;
    struct connspan_entry entry = sample_plain();

    options.source = CONNSPAN_SOURCE_TAPE;
    options.path = path;
    cr_expect_eq(connspan_timeline_open(&options, &timeline), -ENOENT);
    options.source = CONNSPAN_SOURCE_NONE;
    cr_assert_eq(connspan_timeline_open(&options, &timeline), 0);
    cr_expect_eq(connspan_timeline_queue(timeline, &entry), 0);
    cr_expect_eq(buffered(timeline), 1);
    connspan_timeline_close(timeline);
}
