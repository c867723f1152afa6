/* SPDX-License-Identifier: MIT */
/* Writers of the fake library: unbuffered, one word per call, so that a test can read the order. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/harness/fake_tracer.h"

struct connspan_writer {
    int fd;
    uint64_t lost;
};

enum connspan_format connspan_format_by_name(const char *name)
{
    return !strcmp(name, "ndjson")  ? CONNSPAN_FORMAT_NDJSON
           : !strcmp(name, "table") ? CONNSPAN_FORMAT_TABLE
                                    : CONNSPAN_FORMAT_NONE;
}

enum connspan_format connspan_format_by_path(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot && !strcmp(dot, ".ndjson") ? CONNSPAN_FORMAT_NDJSON : CONNSPAN_FORMAT_NONE;
}

int connspan_writer_open(const struct connspan_writer_options *options,
                         struct connspan_writer **writer)
{
    int fd = !strcmp(options->path, "-")
                 ? dup(STDOUT_FILENO)
                 : open(options->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    int error = errno;

    fake.writer_options = *options;
    if (fd < 0) {
        options->on_log(options->context, CONNSPAN_ERROR, "the fake cannot write there");
        return -error;
    }
    *writer = calloc(1, sizeof(**writer));
    (*writer)->fd = fd;
    return 0;
}

int connspan_writer_header(struct connspan_writer *writer, const struct connspan_run *run)
{
    (void)run;
    return dprintf(writer->fd, "header\n") < 0 ? -errno : 0;
}

int connspan_writer_entry(struct connspan_writer *writer, const struct connspan_entry *entry)
{
    if (fake.write_error) {
        writer->lost++;
        return fake.write_error;
    }
    return dprintf(writer->fd, "entry%u\n", (unsigned)entry->sequence) < 0 ? -errno : 0;
}

int connspan_writer_stats(struct connspan_writer *writer, const struct connspan_stats *stats)
{
    return dprintf(writer->fd, "stats%u,%u\n", (unsigned)stats->entries, (unsigned)stats->dropped) <
                   0
               ? -errno
               : 0;
}

int connspan_writer_flush(struct connspan_writer *writer)
{
    (void)writer;
    return 0;
}

bool connspan_writer_full(const struct connspan_writer *writer)
{
    (void)writer;
    return fake.full;
}

static int begin(struct connspan_writer *writer, const char *word)
{
    fake.full = false;
    return dprintf(writer->fd, "%s\n", word) < 0 ? -errno : 0;
}

int connspan_writer_rotate(struct connspan_writer *writer, const struct connspan_run *run,
                           const struct connspan_stats *stats)
{
    (void)run;
    (void)stats;
    return begin(writer, "rotate");
}

int connspan_writer_reopen(struct connspan_writer *writer, const struct connspan_run *run,
                           const struct connspan_stats *stats)
{
    (void)run;
    (void)stats;
    return begin(writer, "reopen");
}

int connspan_writer_wait_ms(const struct connspan_writer *writer)
{
    (void)writer;
    return fake.wait_ms ? fake.wait_ms : -1;
}

uint64_t connspan_writer_take_lost(struct connspan_writer *writer)
{
    uint64_t lost = writer->lost;

    writer->lost = 0;
    return lost;
}

int connspan_writer_finish(struct connspan_writer *writer)
{
    (void)writer;
    return 0;
}

int connspan_writer_close(struct connspan_writer *writer)
{
    close(writer->fd);
    free(writer);
    return 0;
}
