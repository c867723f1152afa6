/* SPDX-License-Identifier: MIT */
/*
 * Units wait in one buffer, with the stream position of each unit's end beside it: so a file that
 * could take only half a unit is cut back to the last whole one, and losses are counted exactly.
 */
#include "user/base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>

#include "user/base/buf.h"
#include "user/base/cleanup.h"

enum {
    BATCH_BYTES = 64 << 10, /* held before a write is worth its system call */
    LIMIT_BYTES = 16 << 20, /* held for a slow reader or a full disk: a tenth of a second, where
                               both ends of 60,000 connections a second share two processors */
    SPENT_BYTES = 4 << 20,  /* written already, and not yet moved over */
    LAST_WAIT_MS = 1000,
    PIPE_BYTES = 1 << 20, /* /proc/sys/fs/pipe-max-size, by default */
};

struct cs_output {
    int fd;
    char *path;
    struct cs_log log;
    struct cs_buf held; /* from `begin` on: not written yet */
    size_t begin;
    struct cs_buf ends; /* uint64_t each: where the units not yet written end in the stream */
    size_t ends_begin;  /* of the first one past `position` */
    uint64_t position;  /* of `begin` in the stream */
    uint64_t whole;     /* the last unit end at or before `position` */
    size_t next_try;    /* held bytes at which adding tries to write */
    uint64_t lost;
    int trouble;    /* -errno that was said and is not over; 0: none */
    bool regular;   /* a file: can be cut */
    bool linked;    /* a file with a name, that can be removed under us */
    bool blocking;  /* the description is shared and blocks: ask before each small write */
    bool self_read; /* a FIFO that we hold open for reading: what it holds dies with us */
};

static size_t pending(const struct cs_output *output)
{
    return output->held.length - output->begin;
}

static uint64_t units_pending(const struct cs_output *output)
{
    return (output->ends.length - output->ends_begin) / sizeof(uint64_t);
}

int cs_output_new(int fd, const char *path, const struct cs_log *log, struct cs_output **output)
{
    struct cs_output *made = calloc(1, sizeof(*made));
    char *name = strdup(path);
    int flags = fcntl(fd, F_GETFL);
    struct stat st;

    if (!made || !name || fstat(fd, &st) < 0) {
        free(made);
        free(name);
        close(fd);
        return cs_fail(log, -ENOMEM, "%s: out of memory", path);
    }
    *made = (struct cs_output){.fd = fd, .path = name, .next_try = BATCH_BYTES};
    if (log)
        made->log = *log;
    made->regular = S_ISREG(st.st_mode);
    made->linked = made->regular && st.st_nlink > 0;
    made->blocking = !made->regular && !(flags & O_NONBLOCK);
    /* By default it holds 64 KB: a reader that waits for a processor would soon hold us up. Where
     * more is refused, it stays as it is. */
    if (S_ISFIFO(st.st_mode) && fcntl(fd, F_GETPIPE_SZ) < PIPE_BYTES)
        fcntl(fd, F_SETPIPE_SZ, PIPE_BYTES);
    made->self_read = S_ISFIFO(st.st_mode) && (flags & O_ACCMODE) == O_RDWR;
    *output = made;
    return 0;
}

/* Counts `written` bytes from `begin` on as gone. */
static void advance(struct cs_output *output, size_t written)
{
    output->begin += written;
    output->position += written;
    while (output->ends_begin < output->ends.length) {
        uint64_t end;

        memcpy(&end, output->ends.data + output->ends_begin, sizeof(end));
        if (end > output->position)
            break;
        output->whole = end;
        output->ends_begin += sizeof(end);
    }
    if (pending(output) == 0) {
        output->begin = output->ends_begin = 0;
        cs_buf_clear(&output->held);
        cs_buf_clear(&output->ends);
    }
}

/* Frees the room in front of what is pending. */
static void compact(struct cs_output *output)
{
    struct cs_buf *held = &output->held;
    struct cs_buf *ends = &output->ends;

    if (output->begin == 0)
        return;
    memmove(held->data, held->data + output->begin, pending(output));
    held->length -= output->begin;
    memmove(ends->data, ends->data + output->ends_begin, ends->length - output->ends_begin);
    ends->length -= output->ends_begin;
    output->begin = output->ends_begin = 0;
}

/* Takes back the half unit at the end of a file; compact() has not run since it was written. */
static void cut_half_unit(struct cs_output *output)
{
    size_t half = (size_t)(output->position - output->whole);
    off_t at = lseek(output->fd, 0, SEEK_CUR);
    struct stat st;

    if (!output->regular || half == 0 || half > output->begin)
        return;
    /* Somebody else appended: theirs is not ours to cut. */
    if (fstat(output->fd, &st) < 0 || at != st.st_size || at < (off_t)half)
        return;
    if (ftruncate(output->fd, at - (off_t)half) < 0)
        return;
    lseek(output->fd, at - (off_t)half, SEEK_SET);
    output->begin -= half;
    output->position -= half;
}

static int say_once(struct cs_output *output, int error, const char *what)
{
    if (output->trouble != error)
        cs_say(&output->log, CONNSPAN_ERROR, "%s: %s", output->path, what);
    output->trouble = error;
    return error;
}

static void say_recovered(struct cs_output *output)
{
    if (output->trouble)
        cs_say(&output->log, CONNSPAN_WARNING, "%s: can be written again", output->path);
    output->trouble = 0;
}

/* How much may be written at once without waiting; 0: nothing. */
static size_t writable(const struct cs_output *output)
{
    struct pollfd ready = {.fd = output->fd, .events = POLLOUT};

    if (!output->blocking)
        return pending(output);
    if (poll(&ready, 1, 0) <= 0)
        return 0;
    return pending(output) < PIPE_BUF ? pending(output) : PIPE_BUF;
}

static bool was_removed(const struct cs_output *output)
{
    struct stat st;

    return output->linked && fstat(output->fd, &st) == 0 && st.st_nlink == 0;
}

/* A reader that is gone does not come back (pipe(7)): what is held is lost now, and counted. */
static void lose_held(struct cs_output *output)
{
    output->lost += units_pending(output);
    advance(output, pending(output));
}

static int fail_write(struct cs_output *output, int error)
{
    if (error == EPIPE)
        lose_held(output);
    else
        cut_half_unit(output);
    return say_once(output, -error, strerror(error));
}

static int drain(struct cs_output *output)
{
    if (pending(output) == 0)
        return 0;
    if (was_removed(output))
        return say_once(output, -ENOENT, "was removed: what follows is lost until a restart");
    while (pending(output) > 0) {
        size_t length = writable(output);
        ssize_t written;

        if (length == 0)
            return 0;
        written = write(output->fd, output->held.data + output->begin, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0 && errno == EAGAIN)
            return 0;
        if (written < 0)
            return fail_write(output, errno);
        advance(output, (size_t)written);
    }
    say_recovered(output);
    return 0;
}

static int lose(struct cs_output *output)
{
    output->lost++;
    if (output->trouble)
        return output->trouble;
    return say_once(output, -EAGAIN, "its reader is too slow: what it does not take is lost");
}

/* Appends to both buffers or to none. */
static bool hold(struct cs_output *output, const void *unit, size_t length)
{
    uint64_t end = output->position + pending(output) + length;

    if (!cs_buf_reserve(&output->held, length) || !cs_buf_reserve(&output->ends, sizeof(end))) {
        output->held.failed = output->ends.failed = false;
        return false;
    }
    cs_buf_add(&output->held, unit, length);
    cs_buf_add(&output->ends, &end, sizeof(end));
    return true;
}

int cs_output_add(struct cs_output *output, const void *unit, size_t length)
{
    if (pending(output) + length > LIMIT_BYTES)
        drain(output);
    if (pending(output) + length > LIMIT_BYTES)
        return lose(output);
    /* At most four bytes are moved for each that was written. */
    if (output->begin > SPENT_BYTES)
        compact(output);
    if (!hold(output, unit, length)) {
        output->lost++;
        return say_once(output, -ENOMEM, "out of memory: what follows is lost");
    }
    if (pending(output) >= output->next_try) {
        drain(output);
        output->next_try = pending(output) + BATCH_BYTES;
    }
    return 0;
}

int cs_output_flush(struct cs_output *output)
{
    int error = drain(output);

    output->next_try = pending(output) + BATCH_BYTES;
    return error ? error : pending(output) > 0;
}

uint64_t cs_output_take_lost(struct cs_output *output)
{
    uint64_t lost = output->lost;

    output->lost = 0;
    return lost;
}

static int unread_bytes(const struct cs_output *output)
{
    int bytes = 0;

    if (!output->self_read || ioctl(output->fd, FIONREAD, &bytes) < 0)
        return 0;
    return bytes;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int drain_to_the_end(struct cs_output *output)
{
    int64_t deadline = now_ms() + LAST_WAIT_MS;
    int error = drain(output);

    while (!error && now_ms() < deadline && (pending(output) > 0 || unread_bytes(output) > 0)) {
        struct pollfd ready = {.fd = output->fd, .events = pending(output) ? POLLOUT : 0};

        poll(&ready, 1, 10);
        error = drain(output);
    }
    if (!error && (pending(output) > 0 || unread_bytes(output) > 0))
        error = -EAGAIN;
    return error ? error : output->trouble;
}

int cs_output_finish(struct cs_output *output)
{
    int error = drain_to_the_end(output);

    if (pending(output) > 0)
        lose_held(output);
    return error;
}

int cs_output_close(struct cs_output *output)
{
    int error;

    if (!output)
        return 0;
    error = cs_output_finish(output);
    if (output->lost > 0)
        cs_say(&output->log, CONNSPAN_ERROR, "%s: %llu lines or records could not be written",
               output->path, (unsigned long long)output->lost);
    else if (error == -EAGAIN)
        cs_say(&output->log, CONNSPAN_WARNING, "%s: its end was not read by anybody", output->path);
    /* A network filesystem may tell only now (close(2)). */
    if (close(output->fd) < 0 && !error)
        error = say_once(output, -errno, strerror(errno));
    cs_buf_free(&output->held);
    cs_buf_free(&output->ends);
    free(output->path);
    free(output);
    return error;
}
