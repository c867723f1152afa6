/* SPDX-License-Identifier: MIT */
/* Full disks, slow and vanished readers: nothing waits, nothing is half, everything is counted. */
#include "user/base/output.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/harness/scratch.h"
#include "user/base/open.h"

enum { UNIT_BYTES = 100, MANY = 200000 }; /* 20 MB: more than is ever held */

static char said[8][512];
static int said_lines;

static void hear(void *context, enum connspan_level level, const char *text)
{
    (void)context;
    (void)level;
    snprintf(said[said_lines++ % 8], sizeof(said[0]), "%s", text);
}

static const struct cs_log log_to_test = {.fn = hear};

static struct cs_output *output_on(int fd)
{
    struct cs_output *output;

    cr_assert_eq(cs_output_new(fd, "the output", &log_to_test, &output), 0);
    return output;
}

static struct cs_output *output_to(const char *path)
{
    int fd;

    cr_assert_eq(cs_open_output(path, 0600, &log_to_test, &fd), 0);
    return output_on(fd);
}

/* Unit number `i`: its number, filled up, and a newline. */
static int add(struct cs_output *output, int i)
{
    char unit[UNIT_BYTES + 1];

    snprintf(unit, sizeof(unit), "%-*d\n", UNIT_BYTES - 1, i);
    return cs_output_add(output, unit, UNIT_BYTES);
}

static uint64_t add_many(struct cs_output *output)
{
    for (int i = 0; i < MANY; i++)
        add(output, i);
    return cs_output_take_lost(output);
}

static off_t size_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? st.st_size : -1;
}

static void limit_files(rlim_t bytes)
{
    struct rlimit limit = {bytes, RLIM_INFINITY};

    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
}

TestSuite(output, .fini = scratch_remove, .timeout = 20);

Test(output, writes_in_order_and_in_batches)
{
    struct cs_output *output = output_to(scratch_path("a"));
    char *text;

    add(output, 1);
    add(output, 2);
    cr_expect_eq(size_of(scratch_path("a")), 0, "held");
    cr_expect_eq(cs_output_flush(output), 0);
    cr_expect_eq(size_of(scratch_path("a")), 2 * UNIT_BYTES);
    add(output, 3);
    cr_expect_eq(cs_output_close(output), 0);
    text = scratch_read("a");
    cr_expect_eq(strlen(text), 3 * UNIT_BYTES);
    cr_expect_eq(atoi(text) * 100 + atoi(text + UNIT_BYTES) * 10 + atoi(text + 2 * UNIT_BYTES),
                 123);
    cr_expect_eq(said_lines, 0, "%s", said[0]);
    free(text);
}

Test(output, takes_millions_of_bytes)
{
    struct cs_output *output = output_to(scratch_path("a"));

    cr_expect_eq(add_many(output), 0);
    cr_expect_eq(cs_output_close(output), 0);
    cr_expect_eq(size_of(scratch_path("a")), (off_t)MANY * UNIT_BYTES);
}

Test(output, leaves_no_half_unit_on_a_full_disk)
{
    struct cs_output *output = output_to(scratch_path("a"));
    char *text;

    limit_files(3 * UNIT_BYTES + 50);
    for (int i = 0; i < 5; i++)
        cr_expect_eq(add(output, i), 0);
    for (int turn = 0; turn < 3; turn++) {
        cr_expect_eq(cs_output_flush(output), -EFBIG);
        cr_expect_eq(size_of(scratch_path("a")), 3 * UNIT_BYTES);
    }
    cr_expect_eq(said_lines, 1, "once, not at every try");
    limit_files(RLIM_INFINITY);
    cr_expect_eq(cs_output_flush(output), 0);
    cr_expect_eq(said_lines, 2);
    cr_expect_not_null(strstr(said[1], "can be written again"), "%s", said[1]);
    cr_expect_eq(cs_output_take_lost(output), 0);
    cr_expect_eq(cs_output_close(output), 0);
    text = scratch_read("a");
    for (int i = 0; i < 5; i++)
        cr_expect_eq(atoi(text + i * UNIT_BYTES), i);
    cr_expect_eq(strlen(text), 5 * UNIT_BYTES);
    free(text);
}

Test(output, tells_at_the_close_what_did_not_fit)
{
    struct cs_output *output = output_to(scratch_path("a"));

    limit_files(UNIT_BYTES + 1);
    for (int i = 0; i < 5; i++)
        add(output, i);
    cr_expect_eq(cs_output_close(output), -EFBIG);
    cr_expect_eq(size_of(scratch_path("a")), UNIT_BYTES);
    cr_expect_not_null(strstr(said[1], "4 lines or records could not be written"), "%s", said[1]);
}

Test(output, counts_what_a_full_device_does_not_take)
{
    struct cs_output *output = output_to("/dev/full");
    uint64_t lost = add_many(output);

    cr_expect_gt(lost, 0);
    cr_expect_eq(cs_output_flush(output), -ENOSPC);
    cr_expect_eq(add(output, 1), -ENOSPC);
    cr_expect_eq(cs_output_take_lost(output), 1);
    cr_expect_eq(said_lines, 1, "%s", said[1]);
    cr_expect_eq(cs_output_close(output), -ENOSPC);
}

/* Reads units until the pipe's end; each must be whole and none may come twice. */
static void *read_units(void *fd)
{
    FILE *from = fdopen(*(int *)fd, "r");
    char unit[UNIT_BYTES];
    uintptr_t seen = 0;
    int last = -1;

    for (; fread(unit, 1, UNIT_BYTES, from) == UNIT_BYTES; seen++) {
        cr_assert_gt(atoi(unit), last);
        cr_assert_eq(unit[UNIT_BYTES - 1], '\n');
        last = atoi(unit);
    }
    fclose(from);
    return (void *)seen;
}

static void expect_no_waiting(struct cs_output *output, int reading_end)
{
    uint64_t lost = add_many(output);
    pthread_t reader;
    void *seen;

    cr_expect_gt(lost, 0);
    cr_expect_eq(said_lines, 1);
    cr_expect_not_null(strstr(said[0], "reader is too slow"), "%s", said[0]);
    cr_assert_eq(pthread_create(&reader, NULL, read_units, &reading_end), 0);
    cr_expect_eq(cs_output_close(output), 0, "the reader woke up");
    pthread_join(reader, &seen);
    cr_expect_eq((uintptr_t)seen + lost, MANY, "%lu + %lu", (uintptr_t)seen, lost);
}

Test(output, does_not_wait_for_a_stopped_reader)
{
    char path[32];
    int ends[2];
    struct cs_output *output;

    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    snprintf(path, sizeof(path), "/dev/fd/%d", ends[1]);
    output = output_to(path);
    close(ends[1]);
    expect_no_waiting(output, ends[0]);
}

/* A description that blocks and must stay so: a pipe of another user, a socket. */
Test(output, does_not_wait_where_it_must_ask_first)
{
    int ends[2];

    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    expect_no_waiting(output_on(ends[1]), ends[0]);
}

/* Every unit is read, lost, or told at the close; also when the buffer was moved in between. */
Test(output, counts_exactly_for_a_reader_that_stutters)
{
    static char read_bytes[64 << 10];
    char path[32];
    int ends[2];
    struct cs_output *output;
    uint64_t lost = 0, left = 0;
    size_t got = 0;
    ssize_t bytes;

    cr_assert_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    snprintf(path, sizeof(path), "/dev/fd/%d", ends[1]);
    output = output_to(path);
    close(ends[1]);
    for (int turn = 0; turn < 3; turn++) {
        lost += add_many(output);
        for (int i = 0; i < 400; i++) {
            bytes = read(ends[0], read_bytes, 12345);
            got += bytes > 0 ? (size_t)bytes : 0;
            cs_output_flush(output);
        }
    }
    cr_expect_eq(cs_output_close(output), -EAGAIN);
    while ((bytes = read(ends[0], read_bytes, sizeof(read_bytes))) > 0)
        got += (size_t)bytes;
    cr_assert_eq(sscanf(said[(said_lines - 1) % 8], "the output: %lu lines", &left), 1);
    cr_expect_eq(got / UNIT_BYTES + left + lost, 3 * MANY, "%zu + %lu + %lu", got / UNIT_BYTES,
                 left, lost);
}

Test(output, tells_a_reader_that_went_away)
{
    int ends[2];
    struct cs_output *output;

    signal(SIGPIPE, SIG_IGN);
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    output = output_on(ends[1]);
    close(ends[0]);
    for (int turn = 0; turn < 3; turn++) {
        add(output, 1);
        cr_expect_eq(cs_output_flush(output), -EPIPE);
        cr_expect_eq(cs_output_take_lost(output), 1);
    }
    cr_expect_eq(said_lines, 1);
    cr_expect_eq(cs_output_close(output), -EPIPE);
}

Test(output, tells_a_file_that_was_removed)
{
    struct cs_output *output = output_to(scratch_path("a"));

    add(output, 1);
    cr_expect_eq(cs_output_flush(output), 0);
    unlink(scratch_path("a"));
    add(output, 2);
    cr_expect_eq(cs_output_flush(output), -ENOENT);
    cr_expect_not_null(strstr(said[0], "was removed"), "%s", said[0]);
    cr_expect_eq(cs_output_close(output), -ENOENT);
}

Test(output, keeps_for_a_fifo_whose_reader_comes_late)
{
    struct cs_output *output;
    char text[2 * UNIT_BYTES];
    int reader;

    mkfifo(scratch_path("fifo"), 0600);
    output = output_to(scratch_path("fifo"));
    add(output, 1);
    cr_expect_eq(cs_output_flush(output), 0);
    reader = open(scratch_path("fifo"), O_RDONLY | O_NONBLOCK);
    cr_expect_eq(read(reader, text, sizeof(text)), UNIT_BYTES);
    cr_expect_eq(cs_output_close(output), 0);
}

Test(output, says_what_nobody_reads_from_a_fifo)
{
    struct cs_output *output;

    mkfifo(scratch_path("fifo"), 0600);
    output = output_to(scratch_path("fifo"));
    add(output, 1);
    cr_expect_eq(cs_output_close(output), -EAGAIN);
    cr_expect_not_null(strstr(said[0], "not read by anybody"), "%s", said[0]);
}
