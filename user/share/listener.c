/* SPDX-License-Identifier: MIT */
/* The public listener: what the tracer's thread does. The socket's thread is server.c. */
#include <connspan/listener.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "user/base/cleanup.h"
#include "user/base/thread.h"
#include "user/share/server.h"
#include "user/share/socket.h"
#include "user/sink/entry_json.h"
#include "user/sink/ndjson.h"

struct connspan_listener {
    struct cs_log log;
    struct cs_notes notes;
    struct cs_socket socket;
    struct cs_inbox inbox;
    struct cs_server server;
    pthread_t thread;
    bool running;
    struct cs_buf text; /* of one call */
    bool waiting;       /* something was taken since the last flush */
    uint64_t lost;
};

static int start(struct connspan_listener *listener, const struct connspan_run *run)
{
    struct cs_server *server = &listener->server;
    struct cs_sink sink = {0};
    int err = cs_backlog_open(&server->backlog);

    if (err)
        return err;
    server->socket_fd = listener->socket.fd;
    server->inbox = &listener->inbox;
    server->notes = &listener->notes;
    server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (server->epoll_fd < 0)
        return -errno;
    cs_ndjson.header(&sink, &server->header, run);
    if (server->header.failed)
        return -ENOMEM;
    err = cs_thread_start(&listener->thread, "cs-listener", cs_server_run, server);
    listener->running = !err;
    return err;
}

int connspan_listener_open(const struct connspan_listener_options *given,
                           const struct connspan_run *run, struct connspan_listener **out)
{
    struct connspan_listener_options options = {0}; /* the caller's may be of an older library */
    struct connspan_listener *listener = calloc(1, sizeof(*listener));
    int err;

    memcpy(&options, given, given->size < sizeof(options) ? given->size : sizeof(options));
    if (!listener)
        return cs_fail(&(struct cs_log){options.on_log, options.context}, -ENOMEM, "out of memory");
    listener->log = (struct cs_log){options.on_log, options.context};
    listener->socket.fd = listener->server.epoll_fd = -1;
    listener->server.everyone = options.everyone;
    cs_notes_open(&listener->notes);
    err = cs_inbox_open(&listener->inbox);
    if (!err)
        err = cs_socket_listen(&listener->socket, &options, &listener->log);
    if (!err) {
        err = start(listener, run);
        if (err)
            cs_fail(&listener->log, err, "cannot serve observers: %s", strerror(-err));
    }
    if (err)
        connspan_listener_close(listener);
    else
        *out = listener;
    return err;
}

static int take(struct connspan_listener *listener, const struct connspan_entry *entry)
{
    struct cs_buf *text = &listener->text;
    struct cs_entry_line *line;

    cs_buf_clear(text);
    cs_entry_json(text, entry);
    cs_buf_add(text, "\n", 1);
    line = text->failed ? NULL : malloc(sizeof(*line) + text->length);
    if (!line)
        return -ENOMEM;
    line->uid = entry->process.uid;
    line->has_uid = entry->process.pid != 0;
    line->length = text->length;
    memcpy(line->text, text->data, text->length);
    return cs_inbox_add(&listener->inbox, line);
}

int connspan_listener_entry(struct connspan_listener *listener, const struct connspan_entry *entry)
{
    int err = take(listener, entry);

    listener->lost += err != 0;
    listener->waiting = true;
    return err;
}

void connspan_listener_flush(struct connspan_listener *listener)
{
    if (listener->waiting)
        cs_inbox_wake(&listener->inbox);
    listener->waiting = false;
    cs_notes_tell(&listener->notes, &listener->log);
}

uint64_t connspan_listener_take_lost(struct connspan_listener *listener)
{
    uint64_t lost = listener->lost;

    listener->lost = 0;
    return lost;
}

void connspan_listener_close(struct connspan_listener *listener)
{
    if (!listener)
        return;
    if (listener->running) {
        cs_inbox_stop(&listener->inbox);
        pthread_join(listener->thread, NULL);
        cs_notes_tell(&listener->notes, &listener->log);
    }
    cs_socket_close(&listener->socket);
    cs_backlog_close(&listener->server.backlog);
    cs_buf_free(&listener->server.header);
    cs_close_at(&listener->server.epoll_fd);
    cs_inbox_close(&listener->inbox);
    cs_notes_close(&listener->notes);
    cs_buf_free(&listener->text);
    free(listener);
}
