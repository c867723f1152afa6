/* SPDX-License-Identifier: MIT */
/* A crash leaves the plain file, or both: never half of one. */
#include "user/file/gzip.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "user/base/cleanup.h"

enum { SLICE_BYTES = 256 << 10 };

static int open_source(const char *path, struct stat *info, int *fd)
{
    cs_auto_fd int opened = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (opened < 0 || fstat(opened, info) < 0)
        return -errno;
    if (!S_ISREG(info->st_mode) || info->st_nlink != 1 ||
        (info->st_uid != 0 && info->st_uid != geteuid()))
        return -EPERM;
    *fd = cs_take_fd(&opened);
    return 0;
}

static int open_part(const char *part, const struct stat *like, int *fd)
{
    cs_auto_fd int opened = -1;

    unlink(part); /* of a run that was killed */
    opened = open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (opened < 0 || fchmod(opened, like->st_mode & 07777) < 0)
        return -errno;
    *fd = cs_take_fd(&opened);
    return 0;
}

static int deflate_slices(int from, gzFile to, const atomic_bool *stop)
{
    cs_auto_free char *slice = malloc(SLICE_BYTES);

    while (slice) {
        ssize_t length = read(from, slice, SLICE_BYTES);

        if (length <= 0)
            return length < 0 ? -errno : 0;
        if (atomic_load(stop))
            return -ECANCELED;
        errno = EIO;
        if (gzwrite(to, slice, (unsigned)length) != length)
            return -errno;
    }
    return -ENOMEM;
}

static int compress_into(int from, int part, const atomic_bool *stop)
{
    int own = dup(part); /* gzclose closes it */
    gzFile to = own < 0 ? NULL : gzdopen(own, "wb");
    int error;

    if (!to) {
        if (own >= 0)
            close(own);
        return -ENOMEM;
    }
    error = deflate_slices(from, to, stop);
    errno = EIO;
    if (gzclose(to) != Z_OK && !error)
        error = -errno;
    if (!error && fsync(part) < 0)
        error = -errno;
    return error;
}

int cs_gzip_file(const char *path, const atomic_bool *stop)
{
    cs_auto_fd int from = -1, to = -1;
    char whole[PATH_MAX], part[PATH_MAX];
    struct stat info = {0};
    int error;

    if (snprintf(part, sizeof(part), "%s.gz.part", path) >= (int)sizeof(part))
        return -ENAMETOOLONG;
    memcpy(whole, part, sizeof(whole));
    whole[strlen(whole) - strlen(".part")] = '\0';
    error = open_source(path, &info, &from);
    if (!error)
        error = open_part(part, &info, &to);
    if (error)
        return error;
    error = compress_into(from, to, stop);
    if (!error) {
        futimens(to, (struct timespec[]){info.st_atim, info.st_mtim});
        error = rename(part, whole) < 0 ? -errno : 0;
    }
    if (error)
        unlink(part);
    else
        unlink(path);
    return error;
}
