/* SPDX-License-Identifier: MIT */
/* Criterion runs each test in a process of its own, so one folder per process is one per test. */
#include "tests/harness/scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

const char *scratch_path(const char *name)
{
    static char paths[4][PATH_MAX];
    static unsigned turn;
    char *path = paths[turn++ % 4];

    if (!*folder) {
        strcpy(folder, "/tmp/connspan-test-XXXXXX");
        if (!mkdtemp(folder))
            abort();
    }
    snprintf(path, PATH_MAX, "%s/%s", folder, name);
    return path;
}

void scratch_write(const char *name, const char *text, int mode)
{
    FILE *file = fopen(scratch_path(name), "w");

    if (!file || fputs(text, file) < 0 || fclose(file) || chmod(scratch_path(name), (mode_t)mode))
        abort();
}

static char *read_fd(int fd)
{
    size_t room = 1 << 16, length = 0;
    char *text = calloc(1, room);
    ssize_t got;

    if (!text)
        abort();
    while (fd >= 0 && length < room - 1 && (got = read(fd, text + length, room - 1 - length)) > 0)
        length += (size_t)got;
    return text;
}

char *scratch_read(const char *name)
{
    int fd = open(scratch_path(name), O_RDONLY | O_CLOEXEC);
    char *text = read_fd(fd);

    if (fd >= 0)
        close(fd);
    return text;
}

void scratch_remove(void)
{
    DIR *dir = *folder ? opendir(folder) : NULL;
    struct dirent *item;

    while (dir && (item = readdir(dir)))
        unlinkat(dirfd(dir), item->d_name, 0);
    if (dir)
        closedir(dir);
    rmdir(folder);
}

static const char *capture_name(int fd)
{
    return fd == STDOUT_FILENO ? "captured.out" : "captured.err";
}

void scratch_capture(int fd)
{
    int file = open(scratch_path(capture_name(fd)), O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);

    if (file < 0 || dup2(file, fd) < 0)
        abort();
    close(file);
}

char *scratch_captured(int fd)
{
    fflush(NULL);
    return scratch_read(capture_name(fd));
}
