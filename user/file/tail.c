/* SPDX-License-Identifier: MIT */
/* Looks at the first line and at the last bytes only: files may be of gigabytes. */
#include "user/file/tail.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "user/base/cleanup.h"

enum { LOOK_BYTES = 64 << 10 };

/* `size` > 0. A title torn itself is a beginning of it; cutting leaves an empty file then. */
static int check_title(int fd, const char *path, const char *title, const struct cs_log *log)
{
    size_t length = strlen(title);
    cs_auto_free char *found = malloc(length);
    ssize_t read = found ? pread(fd, found, length, 0) : -1;

    if (!found)
        return cs_fail(log, -ENOMEM, "%s: out of memory", path);
    if (read > 0 && memcmp(found, title, (size_t)read) != 0)
        return cs_fail(log, -EEXIST,
                       "%s: has other columns than this version writes: name another file", path);
    return 0;
}

/* NDJSON and OTLP, as far as it goes. What somebody else's program was at is not ours to cut. */
static bool is_ours(const char *line, size_t length)
{
    static const char *const beginnings[] = {"{\"entryType\":", "{\"resourceSpans\":"};

    for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
        size_t whole = strlen(beginnings[i]);

        if (!memcmp(line, beginnings[i], length < whole ? length : whole))
            return true;
    }
    return false;
}

/* `title`: all lines are ours, and what is torn may be the title. */
static int cut(int fd, const char *path, off_t size, bool title, const struct cs_log *log)
{
    size_t length = size < LOOK_BYTES ? (size_t)size : LOOK_BYTES;
    cs_auto_free char *end = malloc(length);
    const char *newline;
    size_t torn;

    if (!end || pread(fd, end, length, size - (off_t)length) != (ssize_t)length)
        return end ? 0 : cs_fail(log, -ENOMEM, "%s: out of memory", path);
    newline = memrchr(end, '\n', length);
    torn = newline ? length - (size_t)(newline + 1 - end) : length;
    if (torn == 0)
        return 0;
    if (torn == LOOK_BYTES || !(title || is_ours(end + length - torn, torn)))
        return write(fd, "\n", 1) == 1 ? 0 : -errno;
    if (ftruncate(fd, size - (off_t)torn) < 0)
        return cs_fail(log, -errno, "%s: its torn last line cannot be cut off: %s", path,
                       strerror(errno));
    cs_say(log, CONNSPAN_WARNING, "%s: its last line, of %zu bytes, was torn and is cut off", path,
           torn);
    return 0;
}

int cs_tail_mend(int fd, const char *path, const char *title, const struct cs_log *log)
{
    struct stat info;
    int error;

    if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode) || info.st_size == 0)
        return 0;
    error = title ? check_title(fd, path, title, log) : 0;
    return error ? error : cut(fd, path, info.st_size, title, log);
}
