/* SPDX-License-Identifier: MIT */
/* An output that fails stays and counts what it loses; one without a reader (EPIPE) is given up. */
#include "user/cli/outputs.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/cli/terminal.h"

static const struct cs_output standard_output = {.path = "-"};

static bool is_standard(const char *path)
{
    return !strcmp(path, "-");
}

static int stat_output(const char *path, struct stat *info)
{
    return is_standard(path) ? fstat(STDOUT_FILENO, info) : lstat(path, info);
}

static enum connspan_format choose_format(const struct cs_output *output, int wanted)
{
    enum connspan_format by_path = connspan_format_by_path(output->path);

    if (output->format != CONNSPAN_FORMAT_NONE)
        return output->format;
    if (by_path != CONNSPAN_FORMAT_NONE && !is_standard(output->path))
        return by_path;
    if (wanted != CONNSPAN_FORMAT_NONE)
        return (enum connspan_format)wanted;
    return is_standard(output->path) && isatty(STDOUT_FILENO) ? CONNSPAN_FORMAT_TABLE
                                                              : CONNSPAN_FORMAT_NDJSON;
}

static int open_writer(const struct cs_output *output, const struct cs_options *options,
                       struct cs_console *console, struct connspan_writer **writer)
{
    struct connspan_writer_options wanted = CONNSPAN_WRITER_OPTIONS;

    wanted.path = output->path;
    wanted.format = choose_format(output, options->format);
    wanted.mode = options->mode;
    wanted.rotate_bytes = options->rotate_bytes;
    wanted.rotate_every_ns = options->rotate_every_ns;
    wanted.keep = options->keep;
    wanted.compress = options->compress;
    if (is_standard(output->path)) {
        wanted.colour = cs_terminal_colour(STDOUT_FILENO);
        wanted.columns = cs_terminal_columns(STDOUT_FILENO);
    }
    wanted.on_log = cs_console_log;
    wanted.context = console;
    return connspan_writer_open(&wanted, writer);
}

/* "a" and "./a", or a file and its other name as standard output: two writers would overwrite each
 * other. Pipes and devices take turns well enough. */
static bool is_taken(const struct cs_outputs *outputs, const struct stat *info)
{
    for (size_t i = 0; S_ISREG(info->st_mode) && i < outputs->count; i++) {
        if (outputs->files[i].device == info->st_dev && outputs->files[i].inode == info->st_ino)
            return true;
    }
    return false;
}

static int open_output(struct cs_outputs *outputs, const struct cs_output *output,
                       const struct cs_options *options, struct cs_console *console)
{
    struct cs_output_file *file = &outputs->files[outputs->count];
    struct stat info = {0};
    bool existed = !stat_output(output->path, &info);
    int err;

    if (existed && is_taken(outputs, &info)) {
        cs_console_fail(console, "two outputs to '%s' (each needs a file of its own)",
                        output->path);
        return -EINVAL;
    }
    err = open_writer(output, options, console, &file->writer);
    if (err)
        return err;
    stat_output(output->path, &info);
    file->path = output->path;
    file->created = !existed;
    file->device = info.st_dev;
    file->inode = info.st_ino;
    outputs->terminal |= S_ISCHR(info.st_mode);
    outputs->count++;
    return 0;
}

int cs_outputs_open(struct cs_outputs *outputs, const struct cs_options *options,
                    struct cs_console *console)
{
    const struct cs_output *wanted = options->outputs.items;
    size_t count = options->outputs.count;

    if (!count) {
        wanted = &standard_output;
        count = 1;
    }
    *outputs = (struct cs_outputs){0};
    for (size_t i = 0; i < count; i++) {
        int err = open_output(outputs, &wanted[i], options, console);

        if (err) {
            cs_outputs_discard(outputs);
            return err;
        }
    }
    return 0;
}

/* Somebody may have replaced the file, or found a use for it, since we created it. */
static void remove_empty(const struct cs_output_file *file)
{
    struct stat now;

    if (!file->created || lstat(file->path, &now))
        return;
    if (S_ISREG(now.st_mode) && !now.st_size && now.st_dev == file->device &&
        now.st_ino == file->inode)
        unlink(file->path);
}

static void give_up(struct cs_outputs *outputs, struct cs_output_file *file)
{
    if (!file->writer)
        return;
    if (connspan_writer_finish(file->writer))
        outputs->failed = true;
    outputs->lost += connspan_writer_take_lost(file->writer);
    if (connspan_writer_close(file->writer))
        outputs->failed = true;
    file->writer = NULL;
}

void cs_outputs_close(struct cs_outputs *outputs)
{
    for (size_t i = 0; i < outputs->count; i++)
        give_up(outputs, &outputs->files[i]);
}

void cs_outputs_discard(struct cs_outputs *outputs)
{
    cs_outputs_close(outputs);
    for (size_t i = 0; i < outputs->count; i++)
        remove_empty(&outputs->files[i]);
    outputs->count = 0;
}

static void settle(struct cs_outputs *outputs, struct cs_output_file *file, int err)
{
    if (!err)
        return;
    outputs->failed = true;
    if (err == -EPIPE)
        give_up(outputs, file);
}

void cs_outputs_header(struct cs_outputs *outputs, const struct connspan_run *run)
{
    for (size_t i = 0; i < outputs->count; i++) {
        struct cs_output_file *file = &outputs->files[i];

        if (file->writer)
            settle(outputs, file, connspan_writer_header(file->writer, run));
    }
}

void cs_outputs_entry(struct cs_outputs *outputs, const struct connspan_entry *entry)
{
    for (size_t i = 0; i < outputs->count; i++) {
        struct cs_output_file *file = &outputs->files[i];

        if (file->writer)
            settle(outputs, file, connspan_writer_entry(file->writer, entry));
        else
            outputs->lost++;
    }
}

void cs_outputs_stats(struct cs_outputs *outputs, const struct connspan_stats *stats)
{
    for (size_t i = 0; i < outputs->count; i++) {
        struct cs_output_file *file = &outputs->files[i];

        if (file->writer)
            settle(outputs, file, connspan_writer_stats(file->writer, stats));
    }
}

/* What cannot be written now is held and tried again: nothing has failed before it is lost. */
int cs_outputs_flush(struct cs_outputs *outputs)
{
    int state = 0;

    for (size_t i = 0; i < outputs->count; i++) {
        struct cs_output_file *file = &outputs->files[i];
        int own = file->writer ? connspan_writer_flush(file->writer) : 0;

        state |= own != 0;
        if (own == -EPIPE)
            settle(outputs, file, own);
    }
    return state;
}

int cs_outputs_wait_ms(const struct cs_outputs *outputs)
{
    int shortest = -1;

    for (size_t i = 0; i < outputs->count; i++) {
        const struct connspan_writer *writer = outputs->files[i].writer;
        int own = writer ? connspan_writer_wait_ms(writer) : -1;

        if (own >= 0 && (shortest < 0 || own < shortest))
            shortest = own;
    }
    return shortest;
}

bool cs_outputs_full(const struct cs_outputs *outputs)
{
    for (size_t i = 0; i < outputs->count; i++) {
        if (outputs->files[i].writer && connspan_writer_full(outputs->files[i].writer))
            return true;
    }
    return false;
}

void cs_outputs_rotate(struct cs_outputs *outputs, const struct connspan_run *run,
                       const struct connspan_stats *stats)
{
    for (size_t i = 0; i < outputs->count; i++) {
        struct cs_output_file *file = &outputs->files[i];

        if (file->writer && connspan_writer_full(file->writer))
            settle(outputs, file, connspan_writer_rotate(file->writer, run, stats));
    }
}

void cs_outputs_reopen(struct cs_outputs *outputs, const struct connspan_run *run,
                       const struct connspan_stats *stats)
{
    for (size_t i = 0; i < outputs->count; i++) {
        struct cs_output_file *file = &outputs->files[i];

        if (file->writer)
            settle(outputs, file, connspan_writer_reopen(file->writer, run, stats));
    }
}

uint64_t cs_outputs_take_lost(struct cs_outputs *outputs)
{
    uint64_t lost = outputs->lost;

    outputs->lost = 0;
    for (size_t i = 0; i < outputs->count; i++) {
        if (outputs->files[i].writer)
            lost += connspan_writer_take_lost(outputs->files[i].writer);
    }
    return lost;
}

bool cs_outputs_alive(const struct cs_outputs *outputs)
{
    for (size_t i = 0; i < outputs->count; i++) {
        if (outputs->files[i].writer)
            return true;
    }
    return false;
}
