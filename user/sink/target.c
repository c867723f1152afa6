/* SPDX-License-Identifier: MIT */
/* Chooses; the work is base/output.c's and file/spool.c's. */
#include "user/sink/target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "user/base/cleanup.h"
#include "user/base/open.h"
#include "user/base/output.h"

struct cs_target {
    struct cs_output *stream; /* one of the two */
    struct cs_spool *spool;
    bool named;
    const char *tail;   /* of a document that nobody else keeps whole; NULL: none to write */
    bool document;      /* as long as it has a tail to come */
    bool first;         /* the document has no unit yet */
    struct cs_buf last; /* snapshots on a stream: the newest */
    uint64_t bytes;
    time_t time;
};

/* The title is what the format makes of no run at all. */
static int make_title(const struct cs_format *format, struct cs_buf *title)
{
    struct cs_sink none = {0};

    if (format->shape != CS_LINES_TITLE)
        return 0;
    format->header(&none, title, NULL);
    cs_buf_add(title, "", 1);
    return title->failed ? -ENOMEM : 0;
}

static int open_file(struct cs_target *target, int fd, const struct cs_target_options *options,
                     const struct cs_log *log)
{
    struct cs_buf title = {0};
    struct cs_file_options wanted = {
        .path = options->path,
        .extension = options->format->extension,
        .mode = options->mode,
        .tail = target->named ? options->format->tail : NULL,
    };
    struct cs_file *file;
    int error = make_title(options->format, &title);

    if (error) {
        close(fd);
        return cs_fail(log, error, "%s: out of memory", options->path);
    }
    wanted.title = title.data;
    error = cs_file_open(fd, target->named, &wanted, log, &file);
    cs_buf_free(&title);
    if (error)
        return error;
    if (options->format->shape == CS_LINES || options->format->shape == CS_LINES_TITLE)
        target->bytes = cs_file_bytes(file);
    return cs_spool_new(file, options->path, &options->kept, log, &target->spool);
}

int cs_target_open(const struct cs_target_options *options, const struct cs_log *log,
                   struct cs_target **target)
{
    cs_auto_fd int fd = -1;
    struct cs_target *made;
    struct stat info;
    int error = cs_open_output(options->path, options->mode, log, &fd);

    if (error)
        return error;
    made = calloc(1, sizeof(*made));
    if (!made || fstat(fd, &info) < 0) {
        free(made);
        return cs_fail(log, -ENOMEM, "%s: out of memory", options->path);
    }
    made->named = S_ISREG(info.st_mode) && !cs_open_is_inherited(options->path);
    made->time = info.st_mtime;
    made->tail = made->named ? NULL : options->format->tail;
    error = S_ISREG(info.st_mode)
                ? open_file(made, cs_take_fd(&fd), options, log)
                : cs_output_new(cs_take_fd(&fd), options->path, log, &made->stream);
    if (error)
        free(made);
    else
        *target = made;
    return error;
}

bool cs_target_is_file(const struct cs_target *target)
{
    return target->named;
}

uint64_t cs_target_bytes(const struct cs_target *target)
{
    return target->bytes;
}

time_t cs_target_time(const struct cs_target *target)
{
    return target->time;
}

static int add(struct cs_target *target, const char *unit, size_t length)
{
    return target->spool ? cs_spool_add(target->spool, unit, length)
                         : cs_output_add(target->stream, unit, length);
}

int cs_target_begin(struct cs_target *target, enum cs_begin how, const char *header, size_t length)
{
    if (!target->named && how != CS_BEGIN_FIRST)
        return 0;
    target->document = target->first = target->tail != NULL;
    if (target->spool)
        return cs_spool_begin(target->spool, how, header, length);
    return length ? add(target, header, length) : 0;
}

int cs_target_add(struct cs_target *target, const char *unit, size_t length)
{
    size_t comma = target->first && *unit == ',';
    int error = add(target, unit + comma, length - comma);

    if (!error)
        target->first = false;
    return error;
}

int cs_target_replace(struct cs_target *target, const char *content, size_t length)
{
    if (target->named)
        return cs_spool_replace(target->spool, content, length);
    cs_buf_clear(&target->last);
    cs_buf_add(&target->last, content, length);
    return target->last.failed ? -ENOMEM : 0;
}

int cs_target_flush(struct cs_target *target)
{
    return target->spool ? cs_spool_flush(target->spool) : cs_output_flush(target->stream);
}

uint64_t cs_target_take_lost(struct cs_target *target)
{
    return target->spool ? cs_spool_take_lost(target->spool) : cs_output_take_lost(target->stream);
}

int cs_target_finish(struct cs_target *target)
{
    if (target->document)
        add(target, target->tail, strlen(target->tail));
    if (target->last.length > 0)
        add(target, target->last.data, target->last.length);
    target->document = false;
    cs_buf_clear(&target->last);
    return target->spool ? cs_spool_finish(target->spool) : cs_output_finish(target->stream);
}

int cs_target_close(struct cs_target *target)
{
    int error = cs_target_finish(target);
    int closed = target->spool ? cs_spool_close(target->spool) : cs_output_close(target->stream);

    cs_buf_free(&target->last);
    free(target);
    return error ? error : closed;
}
