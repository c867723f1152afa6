/* SPDX-License-Identifier: MIT */
/*
 * The observer's end of the socket: a timeline's source. Until "connspan.live" it waits, so that
 * what the tracer still had is in the buffer when the timeline opens; then it never does.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "user/base/buf.h"
#include "user/base/cleanup.h"
#include "user/entry/filter.h"
#include "user/entry/filter_copy.h"
#include "user/entry/loss.h"
#include "user/share/message.h"
#include "user/share/protocol.h"
#include "user/share/socket.h"
#include "user/share/sources.h"

enum { READ_BYTES = 64 << 10, READS = 4, PATIENCE_S = 5 };

struct cs_entry_source {
    struct connspan_timeline *timeline;
    struct cs_log log;
    int fd;
    struct cs_message_reader *reader;
    struct cs_buf in;
    struct cs_filter_copy filter;
    enum connspan_role role;
    struct cs_message_reader *header_reader; /* has the strings of the run */
    const struct connspan_run *run;
    bool live;
    struct connspan_stats stats;
    struct connspan_loss losses[CS_LOSS_COUNT];
    int ended; /* 0, or why no more comes */
};

static int end(struct cs_entry_source *source, int why, const char *text)
{
    if (!source->ended && why != -ENODATA)
        cs_fail(&source->log, why, "the tracer's socket: %s", text);
    if (!source->ended)
        source->ended = why;
    return source->ended;
}

/* ---- what comes ---------------------------------------------------------------------------- */

static int take_entry(struct cs_entry_source *source, const struct connspan_entry *entry)
{
    if (!cs_filter_passes(&source->filter.filter, source->role, entry))
        return 0;
    source->stats.entries++;
    source->stats.failures += entry->connection.outcome == CONNSPAN_FAILED ||
                              entry->connection.outcome == CONNSPAN_ABORTED;
    return source->live ? connspan_timeline_queue(source->timeline, entry)
                        : cs_timeline_inherit(source->timeline, entry);
}

/* Its strings are of a reader of their own, which reads nothing else. */
static int take_header(struct cs_entry_source *source, const char *line, size_t length)
{
    struct cs_message_reader *reader = cs_message_reader_new();
    const struct cs_message *message = reader ? cs_message_read(reader, line, length) : NULL;

    if (!message || source->header_reader) {
        cs_message_reader_free(reader);
        return message ? 0 : -ENOMEM;
    }
    source->header_reader = reader;
    source->run = &message->run;
    return 0;
}

static int take_line(struct cs_entry_source *source, const char *line, size_t length)
{
    const struct cs_message *message = cs_message_read(source->reader, line, length);

    if (!message)
        return end(source, -EPROTO, "what came is no line of a tracer");
    switch (message->kind) {
    case CS_MESSAGE_HEADER:
        return take_header(source, line, length);
    case CS_MESSAGE_ENTRY:
        return take_entry(source, &message->entry);
    case CS_MESSAGE_LIVE:
        source->live = true;
        cs_timeline_dropped_before(source->timeline, message->dropped);
        return 0;
    case CS_MESSAGE_DROPPED:
        cs_timeline_lost(source->timeline, message->dropped);
        source->losses[CS_LOSS_OUTPUT].total = message->dropped;
        return 0;
    case CS_MESSAGE_END:
        return end(source, -ENODATA, "");
    case CS_MESSAGE_ERROR:
        return end(source, -EPROTO, message->error ? message->error : "refused");
    case CS_MESSAGE_OTHER:
        break;
    }
    return 0;
}

/* Whole lines; the beginning of one waits for the rest. */
static int take_lines(struct cs_entry_source *source)
{
    size_t done = 0;
    char *newline;
    int err = 0;

    while (!err && !source->ended && done < source->in.length &&
           (newline = memchr(source->in.data + done, '\n', source->in.length - done))) {
        size_t length = (size_t)(newline - source->in.data) - done;

        err = take_line(source, source->in.data + done, length);
        done += length + 1;
    }
    source->in.length -= done;
    if (source->in.length)
        memmove(source->in.data, source->in.data + done, source->in.length);
    if (!err && source->in.length > CS_MESSAGE_BYTES)
        return end(source, -EPROTO, "a line without end");
    return err;
}

/* 1 read some, 0 nothing there, -errno */
static int read_some(struct cs_entry_source *source)
{
    char *room = cs_buf_reserve(&source->in, READ_BYTES);
    ssize_t got = room ? recv(source->fd, room, READ_BYTES, 0) : -1;

    if (!room)
        return -ENOMEM;
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (got < 0)
        return end(source, -ECONNRESET, strerror(errno));
    if (got == 0)
        return end(source, -ECONNRESET, "it was closed, the tracer has vanished");
    source->in.length += (size_t)got;
    got = take_lines(source);
    return got ? (int)got : 1;
}

/* ---- as a source --------------------------------------------------------------------------- */

static int remote_fd(const struct cs_entry_source *source)
{
    return source->fd;
}

/* What came before the end is handed over first. */
static int remote_poll(struct cs_entry_source *source)
{
    int got = 1, handled = 0;

    for (int i = 0; i < READS && got > 0 && !source->ended; i++) {
        got = read_some(source);
        handled |= got > 0;
    }
    if (source->ended)
        return source->ended;
    return got < 0 ? got : handled;
}

static const struct connspan_run *remote_run(const struct cs_entry_source *source)
{
    return source->run;
}

static const struct connspan_stats *remote_stats(struct cs_entry_source *source)
{
    for (int i = 0; i < CS_LOSS_COUNT; i++)
        source->losses[i].name = cs_loss_name((enum cs_loss)i);
    source->stats.losses = source->losses;
    source->stats.loss_count = CS_LOSS_COUNT;
    source->stats.dropped = source->losses[CS_LOSS_OUTPUT].total;
    return &source->stats;
}

static void remote_close(struct cs_entry_source *source)
{
    cs_close_at(&source->fd);
    cs_message_reader_free(source->reader);
    cs_message_reader_free(source->header_reader);
    cs_buf_free(&source->in);
    cs_filter_copy_free(&source->filter);
    free(source);
}

static const struct cs_entry_source_kind kind = {
    .fd = remote_fd,
    .poll = remote_poll,
    .run = remote_run,
    .stats = remote_stats,
    .close = remote_close,
};

/* ---- opening ------------------------------------------------------------------------------- */

static int ask(struct cs_entry_source *source)
{
    int got = 1;

    /* Who is turned away at once cannot say it any more, but can read why. */
    if (send(source->fd, CS_REQUEST_BUFFERED, strlen(CS_REQUEST_BUFFERED), MSG_NOSIGNAL) < 0 &&
        errno != EPIPE)
        return end(source, -ECONNRESET, strerror(errno));
    while (got > 0 && !source->live)
        got = read_some(source);
    if (got == 0)
        return end(source, -EPROTO, "no answer");
    if (got < 0)
        return got;
    if (!source->run)
        return end(source, -EPROTO, "no header");
    return fcntl(source->fd, F_SETFL, O_NONBLOCK) ? -errno : 0;
}

int cs_remote_open(const char *path, const struct connspan_options *options,
                   struct connspan_timeline *timeline)
{
    struct cs_log log = {options->on_log, options->context};
    struct cs_entry_source *source = calloc(1, sizeof(*source));
    int err;

    if (!source)
        return cs_fail(&log, -ENOMEM, "out of memory");
    *source =
        (struct cs_entry_source){.timeline = timeline, .log = log, .fd = -1, .role = options->role};
    source->reader = cs_message_reader_new();
    err = source->reader ? cs_filter_copy_init(&source->filter, &options->filter) : -ENOMEM;
    if (!err)
        err = cs_socket_connect(path, PATIENCE_S, &log, &source->fd);
    if (!err)
        err = ask(source);
    if (!err)
        err = cs_timeline_attach(timeline, &kind, source);
    if (err)
        remote_close(source);
    return err;
}
