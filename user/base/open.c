/* SPDX-License-Identifier: MIT */
/*
 * Every refusal says how to mend it. A FIFO is opened for reading too: that needs no reader to be
 * there yet and survives one that leaves (fifo(7)); what nobody reads is bounded in output.c.
 */
#include "user/base/open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "user/base/cleanup.h"

enum { OPEN_FLAGS = O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC };

/* The N of a name for an inherited descriptor, or -1. */
static int inherited_number(const char *path)
{
    static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
    char *end;
    long number;

    if (strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0)
        return STDOUT_FILENO;
    if (strcmp(path, "/dev/stderr") == 0)
        return STDERR_FILENO;
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        size_t length = strlen(folders[i]);

        if (strncmp(path, folders[i], length) != 0 || path[length] < '0' || path[length] > '9')
            continue;
        number = strtol(path + length, &end, 10);
        return *end == '\0' && number < 1 << 20 ? (int)number : -1;
    }
    return -1;
}

bool cs_open_is_inherited(const char *path)
{
    return inherited_number(path) >= 0;
}

/*
 * O_NONBLOCK belongs to the open file description, which an inherited pipe or terminal shares with
 * the shell and with the command we run: a second description is opened where the kernel gives one.
 */
static int open_inherited(const char *path, int number, const struct cs_log *log, int *fd)
{
    char own[32];
    struct stat st;
    int opened = -1;

    if (fstat(number, &st) < 0 || (fcntl(number, F_GETFL) & O_ACCMODE) == O_RDONLY)
        return cs_fail(log, -EBADF, "%s: is not open for writing: redirect it, or name a file",
                       number == STDOUT_FILENO ? "standard output" : path);
    if (S_ISDIR(st.st_mode))
        return cs_fail(log, -EISDIR, "%s: is a directory: name a file in it", path);
    if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)) {
        snprintf(own, sizeof(own), "/proc/self/fd/%d", number);
        opened = open(own, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    }
    if (opened < 0)
        opened = fcntl(number, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (opened < 0)
        return cs_fail(log, -errno, "%s: %s", path, strerror(errno));
    *fd = opened;
    return 0;
}

/* Existing files are opened without O_CREAT: then fs.protected_regular leaves the say to us. */
static int open_or_create(const char *path, unsigned mode, const struct cs_log *log, int *fd)
{
    cs_auto_fd int opened = open(path, OPEN_FLAGS);

    if (opened < 0 && errno == ENOENT) {
        opened = open(path, OPEN_FLAGS | O_CREAT | O_EXCL, mode);
        if (opened >= 0 && fchmod(opened, mode) < 0)
            return cs_fail(log, -errno, "%s: cannot set its mode: %s", path, strerror(errno));
    }
    if (opened >= 0) {
        *fd = cs_take_fd(&opened);
        return 0;
    }
    switch (errno) {
    case EISDIR:
        return cs_fail(log, -EISDIR, "%s: is a directory: name a file in it", path);
    case ELOOP:
        return cs_fail(log, -ELOOP, "%s: is a symbolic link: name the file it points to", path);
    case ENXIO:
        return cs_fail(log, -ENOTSUP, "%s: is a socket or a missing device: name a file or a FIFO",
                       path);
    case ENOENT:
        return cs_fail(log, -ENOENT, "%s: its directory does not exist: create it first", path);
    default:
        return cs_fail(log, -errno, "%s: cannot be opened for writing: %s", path, strerror(errno));
    }
}

static int check_opened(const char *path, int fd, const struct cs_log *log)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return cs_fail(log, -errno, "%s: %s", path, strerror(errno));
    if (S_ISCHR(st.st_mode))
        return 0;
    if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
        return cs_fail(log, -ENOTSUP, "%s: is a disk: name a file or a FIFO", path);
    if (st.st_uid != 0 && st.st_uid != geteuid())
        return cs_fail(log, -EPERM, "%s: belongs to user %u: remove it or name another file", path,
                       st.st_uid);
    if (st.st_nlink > 1)
        return cs_fail(log, -EPERM, "%s: has %lu hard links: remove it or name another file", path,
                       (unsigned long)st.st_nlink);
    return 0;
}

int cs_open_output(const char *path, unsigned mode, const struct cs_log *log, int *fd)
{
    cs_auto_fd int opened = -1;
    int number = inherited_number(path);
    int error;

    if (number >= 0)
        return open_inherited(path, number, log, fd);
    error = open_or_create(path, mode, log, &opened);
    if (!error)
        error = check_opened(path, opened, log);
    if (!error)
        *fd = cs_take_fd(&opened);
    return error;
}
