/* SPDX-License-Identifier: MIT */
/* zlib's gzread passes plain files through, so that there is one path for both. */
#include "user/report/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "user/base/cleanup.h"

#define READ_BYTES (256u << 10)

struct cs_input {
    gzFile file;
    const char *name;
    const struct cs_log *log;
    uint64_t total_bytes;
    size_t start; /* of what is in the buffer and was not given out */
    size_t end;
    size_t searched; /* from here on no newline was looked for */
    bool ended;
    char buffer[CS_INPUT_LINE_BYTES + READ_BYTES];
};

static int describe_open(const char *name, int fd, const struct cs_log *log, uint64_t *total)
{
    struct stat about;

    if (fd < 0 || fstat(fd, &about))
        return cs_fail(log, -errno, "%s: %s", name, strerror(errno));
    if (S_ISDIR(about.st_mode))
        return cs_fail(log, -EISDIR, "%s: is a directory", name);
    *total = S_ISREG(about.st_mode) ? (uint64_t)about.st_size : 0;
    return 0;
}

int cs_input_open(const char *path, const struct cs_log *log, struct cs_input **input)
{
    bool standard = !strcmp(path, "-");
    const char *name = standard ? "standard input" : path;
    cs_auto_fd int fd = standard ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    uint64_t total = 0;
    struct cs_input *opened;
    int err = describe_open(name, fd, log, &total);

    if (err)
        return err;
    opened = malloc(sizeof(*opened));
    if (!opened)
        return cs_fail(log, -ENOMEM, "%s: out of memory", name);
    memset(opened, 0, offsetof(struct cs_input, buffer));
    opened->name = name;
    opened->log = log;
    opened->total_bytes = total;
    opened->file = gzdopen(fd, "rb");
    if (!opened->file) {
        free(opened);
        return cs_fail(log, -ENOMEM, "%s: out of memory", name);
    }
    cs_take_fd(&fd);
    gzbuffer(opened->file, READ_BYTES / 2); /* gzread then reads plain files past this buffer */
    *input = opened;
    return 0;
}

static int fail_read(struct cs_input *input)
{
    int number;
    const char *text = gzerror(input->file, &number);
    const char *behind_fd = strstr(text, ">: "); /* "<fd:3>: invalid distance too far back" */

    if (number == Z_ERRNO)
        return cs_fail(input->log, -errno, "%s: %s", input->name, strerror(errno));
    if (behind_fd)
        text = behind_fd + strlen(">: ");
    if (number == Z_BUF_ERROR)
        text = "the file ends in the middle";
    return cs_fail(input->log, -EBADMSG, "%s: damaged gzip data: %s", input->name, text);
}

/* A truncated gzip file gives all that it has first, then -EBADMSG. */
static int fill(struct cs_input *input)
{
    int got, number;

    memmove(input->buffer, input->buffer + input->start, input->end - input->start);
    input->end -= input->start;
    input->searched -= input->start;
    input->start = 0;
    got = gzread(input->file, input->buffer + input->end, READ_BYTES);
    if (got > 0) {
        input->end += (size_t)got;
        return 0;
    }
    gzerror(input->file, &number);
    input->ended = true;
    return got < 0 || number == Z_BUF_ERROR ? fail_read(input) : 0;
}

static void give(struct cs_input *input, struct cs_input_line *line, size_t length)
{
    *line = (struct cs_input_line){.text = input->buffer + input->start, .length = length};
    input->start += length;
}

int cs_input_next(struct cs_input *input, struct cs_input_line *line)
{
    for (;;) {
        const char *newline =
            memchr(input->buffer + input->searched, '\n', input->end - input->searched);
        int err;

        if (newline) {
            give(input, line, (size_t)(newline - input->buffer) - input->start);
            input->searched = ++input->start;
            return 1;
        }
        input->searched = input->end;
        if (input->end - input->start >= CS_INPUT_LINE_BYTES)
            return cs_fail(input->log, -E2BIG, "%s: not NDJSON of connspan: a line without end",
                           input->name);
        if (input->ended)
            break;
        err = fill(input);
        if (err)
            return err;
    }
    if (input->start == input->end)
        return 0;
    give(input, line, input->end - input->start);
    line->torn = true;
    return 1;
}

void cs_input_progress(const struct cs_input *input, uint64_t *done, uint64_t *total)
{
    z_off_t at = input->total_bytes ? gzoffset(input->file) : gztell(input->file);

    *done = at > 0 ? (uint64_t)at : 0;
    *total = input->total_bytes;
}

const char *cs_input_name(const struct cs_input *input)
{
    return input->name;
}

void cs_input_close(struct cs_input *input)
{
    if (!input)
        return;
    gzclose_r(input->file);
    free(input);
}
