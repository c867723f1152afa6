/* SPDX-License-Identifier: MIT */
/*
 * Lines are appended; a write that came to no good end is cut off again. A document is written over
 * its own tail, tail included, by one system call. What replaces a file is made beside it, as
 * FILE.part, and renamed.
 */
#include "user/file/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "user/base/buf.h"
#include "user/base/cleanup.h"
#include "user/base/open.h"
#include "user/file/tail.h"

enum { NUMBERS = 10000 }; /* of files closed in one second */

struct cs_file {
    int fd;
    bool named;
    bool failed; /* the last append */
    ino_t left;  /* what was let go of, to be known again; 0: nothing */
    unsigned mode;
    char *path;
    char *part;
    char *title;
    char *tail;
    struct cs_file_name name;
    struct cs_buf header; /* of this run */
    off_t first;          /* document: where its first unit begins */
    off_t end;            /* document: where its tail begins */
    unsigned number;      /* of the next file to be closed */
};

static char *copy(const char *text)
{
    return text ? strdup(text) : NULL;
}

int cs_file_open(int fd, bool named, const struct cs_file_options *options,
                 const struct cs_log *log, struct cs_file **file)
{
    struct cs_file *made = calloc(1, sizeof(*made));
    int error;

    if (!made) {
        close(fd);
        return cs_fail(log, -ENOMEM, "%s: out of memory", options->path);
    }
    *made = (struct cs_file){.fd = fd, .named = named, .mode = options->mode, .number = 1};
    made->path = copy(options->path);
    made->title = copy(options->title);
    made->tail = copy(options->tail);
    if (!made->path || asprintf(&made->part, "%s.part", options->path) < 0) {
        made->part = NULL;
        cs_file_close(made);
        return cs_fail(log, -ENOMEM, "%s: out of memory", options->path);
    }
    made->name = cs_file_name(made->path, options->extension);
    error = named && !made->tail ? cs_tail_mend(fd, made->path, made->title, log) : 0;
    if (error)
        cs_file_close(made);
    else
        *file = made;
    return error;
}

void cs_file_close(struct cs_file *file)
{
    if (!file)
        return;
    if (file->fd >= 0)
        close(file->fd);
    cs_buf_free(&file->header);
    free(file->path);
    free(file->part);
    free(file->title);
    free(file->tail);
    free(file);
}

const struct cs_file_name *cs_file_name_of(const struct cs_file *file)
{
    return &file->name;
}

uint64_t cs_file_bytes(const struct cs_file *file)
{
    struct stat info;

    return file->fd >= 0 && fstat(file->fd, &info) == 0 ? (uint64_t)info.st_size : 0;
}

/* ---- replacing ----------------------------------------------------------------------------- */

static int write_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, data, length);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return written < 0 ? -errno : -EIO;
        data += written;
        length -= (size_t)written;
    }
    return 0;
}

/* Only what a run of ours may have left there. */
static void remove_part(const struct cs_file *file)
{
    struct stat info;

    if (lstat(file->part, &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == geteuid())
        unlink(file->part);
}

/* A new file with `data` and the tail takes the place of the old one; its fd is kept. */
static int replace(struct cs_file *file, const char *data, size_t length)
{
    const char *tail = file->tail ? file->tail : "";
    cs_auto_fd int fd = -1;
    int error;

    remove_part(file);
    fd = open(file->part, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    error = fchmod(fd, file->mode) < 0 ? -errno : write_all(fd, data, length);
    if (!error)
        error = write_all(fd, tail, strlen(tail));
    if (!error && rename(file->part, file->path) < 0)
        error = -errno;
    if (error) {
        unlink(file->part);
        return error;
    }
    if (file->fd >= 0)
        close(file->fd);
    file->fd = cs_take_fd(&fd);
    return 0;
}

int cs_file_replace(struct cs_file *file, const char *data, size_t length)
{
    return replace(file, data, length);
}

/* ---- beginning ----------------------------------------------------------------------------- */

static int append_lines(struct cs_file *file, const char *data, size_t length);

static int put_header(struct cs_file *file)
{
    const struct cs_buf *header = &file->header;
    int error;

    if (file->tail) {
        error = replace(file, header->data, header->length);
        if (!error)
            file->first = file->end = (off_t)header->length;
        return error;
    }
    if (file->title && cs_file_bytes(file) == 0) {
        error = append_lines(file, file->title, strlen(file->title));
        if (error)
            return error;
    }
    return header->length ? append_lines(file, header->data, header->length) : 0;
}

int cs_file_begin(struct cs_file *file, const char *header, size_t length)
{
    if (header != file->header.data) {
        cs_buf_clear(&file->header);
        cs_buf_add(&file->header, header, length);
    }
    return file->header.failed ? -ENOMEM : put_header(file);
}

static bool is_ours(const struct cs_file *file)
{
    struct stat named, open;

    return lstat(file->path, &named) == 0 && fstat(file->fd, &open) == 0 &&
           named.st_dev == open.st_dev && named.st_ino == open.st_ino;
}

bool cs_file_stays(const struct cs_file *file)
{
    return file->tail && file->fd >= 0 && is_ours(file);
}

int cs_file_reopen(struct cs_file *file)
{
    cs_auto_fd int fd = -1;
    int error;

    if (!file->named)
        return 0;
    error = cs_open_output(file->path, file->mode, NULL, &fd);
    if (!error && !file->tail)
        error = cs_tail_mend(fd, file->path, file->title, NULL);
    if (error)
        return error;
    if (file->fd >= 0)
        close(file->fd);
    file->fd = cs_take_fd(&fd);
    return 0;
}

/* ---- appending ----------------------------------------------------------------------------- */

static int append_lines(struct cs_file *file, const char *data, size_t length)
{
    uint64_t before = cs_file_bytes(file);
    int error = write_all(file->fd, data, length);
    off_t at = lseek(file->fd, 0, SEEK_CUR);

    /* Somebody else may have appended: theirs is not ours to cut. */
    if (error && at >= 0 && (uint64_t)at == cs_file_bytes(file) && (uint64_t)at > before &&
        (uint64_t)at - before < length && ftruncate(file->fd, (off_t)before) < 0)
        return error;
    return error;
}

static int append_to_document(struct cs_file *file, const char *data, size_t length)
{
    size_t comma =
        file->end == file->first && length > 0 && *data == ','; /* none before the first */
    size_t tail = strlen(file->tail);
    struct iovec parts[] = {{(char *)data + comma, length - comma}, {file->tail, tail}};
    ssize_t written = pwritev(file->fd, parts, 2, file->end);

    if (written >= 0 && (size_t)written == length - comma + tail) {
        file->end += (off_t)(length - comma);
        return 0;
    }
    if (written < 0)
        return -errno;
    /* The place of the old tail is still ours, full as the disk may be. */
    if (ftruncate(file->fd, file->end + (off_t)tail) < 0 ||
        pwrite(file->fd, file->tail, tail, file->end) != (ssize_t)tail)
        return -EIO;
    return -ENOSPC;
}

/* A file that cannot be written is no loss when its path leads to another one by now, as after its
 * disk was mounted again. */
static bool was_removed(const struct cs_file *file)
{
    struct stat info;

    if (file->fd < 0 || !file->named)
        return file->fd < 0;
    return (fstat(file->fd, &info) == 0 && info.st_nlink == 0) || (file->failed && !is_ours(file));
}

/* A disk that cannot be written at all is not held: then it can be mounted again. */
static void let_go(struct cs_file *file, int error)
{
    struct stat info;

    if (!file->named || (error != -EROFS && error != -EIO && error != -ESTALE))
        return;
    file->left = fstat(file->fd, &info) == 0 ? info.st_ino : 0;
    close(file->fd);
    file->fd = -1;
}

/* Whether what was opened again is what was let go of, so that it needs no header. */
static bool is_back(struct cs_file *file)
{
    struct stat info;
    ino_t left = file->left;

    file->left = 0;
    if (!left || fstat(file->fd, &info) < 0 || info.st_ino != left)
        return false;
    if (!file->tail)
        return true;
    if (info.st_size != file->end + (off_t)strlen(file->tail))
        return false;
    /* pwrite(2) would append (BUGS). */
    return fcntl(file->fd, F_SETFL, fcntl(file->fd, F_GETFL) & ~O_APPEND) == 0;
}

int cs_file_append(struct cs_file *file, const char *data, size_t length, bool *anew)
{
    int error = 0;

    if (was_removed(file)) {
        error = cs_file_reopen(file);
        if (!error && !is_back(file)) {
            error = put_header(file);
            *anew = !error;
        }
    }
    if (!error)
        error =
            file->tail ? append_to_document(file, data, length) : append_lines(file, data, length);
    file->failed = error != 0;
    if (file->fd >= 0)
        let_go(file, error);
    return error;
}

/* ---- closing ------------------------------------------------------------------------------- */

int cs_file_retire(struct cs_file *file, char *closed, size_t room)
{
    time_t now = time(NULL);

    if (!file->named || file->fd < 0 || !is_ours(file))
        return -ENOENT;
    for (unsigned tries = 0; tries < NUMBERS; tries++) {
        if (!cs_file_closed_path(&file->name, now, file->number, closed, room))
            return -ENAMETOOLONG;
        file->number = file->number % (NUMBERS - 1) + 1;
        if (renameat2(AT_FDCWD, file->path, AT_FDCWD, closed, RENAME_NOREPLACE) == 0)
            return 0;
        if (errno != EEXIST)
            return -errno;
    }
    return -EEXIST;
}
