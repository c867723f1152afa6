/* SPDX-License-Identifier: MIT */
/* Tapes that were closed in order, cut short, damaged, or are none. */
#include "user/feed/tape.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/harness/events.h"
#include "tests/harness/scratch.h"
#include "user/feed/tape_writer.h"

enum { TAPE_ROOM = 16 << 10, RECORDS = 6 };

static char said[512];
static int said_lines;

static void hear(void *context, enum connspan_level level, const char *text)
{
    (void)context;
    (void)level;
    said_lines++;
    snprintf(said, sizeof(said), "%s", text);
}

static const struct cs_log log_to_test = {.fn = hear};

static const struct connspan_run run = {
    .version = "0.1.0",
    .time_origin_ns = 1,
    .time_origin_unix_ns = 2,
    .clock_ns = 3,
    .clock_unix_ns = 4,
    .host = "host",
    .boot_id = "8a4a1c5e-0000-0000-0000-000000000000",
    .kernel = "6.18.44",
    .hook_connect = "fentry",
    .hook_state = "tp_btf",
    .hook_wire = "cgroup_skb",
    .hook_tls = "uprobe_multi",
    .hook_discovery = "mmap2",
    .libraries = 5,
};

static size_t record_tape(const char *name, unsigned char bytes[TAPE_ROOM])
{
    struct cs_event_connection connection = ev_connection(1, S, CS_REASON_TLS);
    union ev_chunk chunk = ev_chunk(1, S, STEP_CLIENT_HELLO);
    struct cs_event_bind bind = ev_bind(1, S, S);
    union ev_name exe = ev_name(CS_EVENT_EXECUTABLE, 100, "/usr/bin/curl");
    struct cs_event_end end = ev_end(1, S, CS_CAUSE_DONE);
    struct cs_event_tick tick = ev_tick(2 * S);
    const struct cs_event *events[RECORDS] = {&connection.event, &chunk.event, &bind.event,
                                              &exe.event,        &end.event,   &tick.event};
    struct cs_tape_writer *writer;
    FILE *file;
    size_t length;

    cr_assert_eq(cs_tape_writer_open(scratch_path(name), &run, &log_to_test, &writer), 0);
    for (size_t i = 0; i < RECORDS; i++)
        cs_tape_writer_add(writer, events[i]);
    cr_assert_eq(cs_tape_writer_close(writer), 0);
    file = fopen(scratch_path(name), "r");
    length = fread(bytes, 1, TAPE_ROOM, file);
    fclose(file);
    return length;
}

static const char *put_file(const void *bytes, size_t length)
{
    const char *path = scratch_path("altered.tape");
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    cr_assert_eq(write(fd, bytes, length), (ssize_t)length);
    close(fd);
    return path;
}

/* What cs_tape_next says after the last record; *count is how many there were. */
static int play(struct cs_tape *tape, int *count)
{
    const struct cs_event *event;
    int verdict;

    *count = 0;
    while ((verdict = cs_tape_next(tape, &event)) == 1)
        ++*count;
    return verdict;
}

static int open_bytes(const void *bytes, size_t length, struct cs_tape **tape)
{
    *tape = NULL;
    return cs_tape_open(put_file(bytes, length), &log_to_test, tape);
}

TestSuite(tape, .fini = scratch_remove);

Test(tape, gives_back_run_and_records)
{
    unsigned char bytes[TAPE_ROOM];
    struct connspan_run read = {0};
    struct cs_tape *tape;
    int count;

    record_tape("a.tape", bytes);
    cr_assert_eq(cs_tape_open(scratch_path("a.tape"), &log_to_test, &tape), 0);
    cs_tape_run(tape, &read);
    cr_expect_eq(read.time_origin_ns + read.time_origin_unix_ns * 10 + read.clock_ns * 100 +
                     read.clock_unix_ns * 1000,
                 4321);
    cr_expect_str_eq(read.host, "host");
    cr_expect_str_eq(read.boot_id, run.boot_id);
    cr_expect_str_eq(read.kernel, run.kernel);
    cr_expect_str_eq(read.hook_connect, "fentry");
    cr_expect_str_eq(read.hook_state, "tp_btf");
    cr_expect_str_eq(read.hook_wire, "cgroup_skb");
    cr_expect_str_eq(read.hook_tls, "uprobe_multi");
    cr_expect_str_eq(read.hook_discovery, "mmap2");
    cr_expect_eq(read.libraries, 5);
    cr_expect_eq(play(tape, &count), 0);
    cr_expect_eq(count, RECORDS);
    cr_expect_eq(play(tape, &count), 0, "the end stays the end");
    cr_expect_eq(said_lines, 0, "%s", said);
    cs_tape_close(tape);
}

Test(tape, is_copied_byte_by_byte_by_its_own_records)
{
    unsigned char first[TAPE_ROOM], second[TAPE_ROOM];
    size_t length = record_tape("a.tape", first);
    struct connspan_run read = {0};
    struct cs_tape_writer *writer;
    const struct cs_event *event;
    struct cs_tape *tape;
    FILE *file;

    cr_assert_eq(cs_tape_open(scratch_path("a.tape"), &log_to_test, &tape), 0);
    cs_tape_run(tape, &read);
    cr_assert_eq(cs_tape_writer_open(scratch_path("b.tape"), &read, &log_to_test, &writer), 0);
    while (cs_tape_next(tape, &event) == 1)
        cs_tape_writer_add(writer, event);
    cs_tape_writer_close(writer);
    cs_tape_close(tape);
    file = fopen(scratch_path("b.tape"), "r");
    cr_expect_eq(fread(second, 1, sizeof(second), file), length);
    cr_expect_arr_eq(first, second, length);
    fclose(file);
}

Test(tape, tells_a_cut_at_every_length)
{
    unsigned char bytes[TAPE_ROOM];
    size_t length = record_tape("a.tape", bytes);
    size_t next = sizeof(struct cs_tape_header);
    int whole = 0;

    for (size_t cut = 0; cut < length; cut++) {
        struct cs_tape *tape;
        int count, error = open_bytes(bytes, cut, &tape);

        if (cut < sizeof(struct cs_tape_header)) {
            cr_assert_eq(error, -ENODATA, "header cut at %zu", cut);
            cr_assert_null(tape);
            continue;
        }
        if (cut >= next + 24 && cut == next + ((struct cs_event *)(bytes + next))->size_bytes) {
            next = cut;
            whole++;
        }
        said_lines = 0;
        cr_assert_eq(error, 0);
        cr_assert_eq(play(tape, &count), -ENODATA, "cut at %zu", cut);
        cr_assert_eq(count, whole, "cut at %zu", cut);
        cr_assert_eq(play(tape, &count), -ENODATA);
        cr_assert_eq(said_lines, 1, "said %d times", said_lines);
        cs_tape_close(tape);
    }
    cr_expect_eq(whole, RECORDS);
}

Test(tape, tells_where_it_is_damaged)
{
    unsigned char bytes[TAPE_ROOM];
    size_t length = record_tape("a.tape", bytes);
    size_t second = sizeof(struct cs_tape_header) + sizeof(struct cs_event_connection);
    struct cs_tape *tape;
    char where[64];
    int count;

    ((struct cs_event *)(bytes + second))->kind = 77;
    cr_assert_eq(open_bytes(bytes, length, &tape), 0);
    cr_expect_eq(play(tape, &count), -EPROTO);
    cr_expect_eq(count, 1);
    snprintf(where, sizeof(where), "at byte %zu", second);
    cr_expect_not_null(strstr(said, where), "%s", said);
    cs_tape_close(tape);
}

Test(tape, refuses_bytes_behind_the_end_and_a_wrong_count)
{
    unsigned char bytes[TAPE_ROOM] = {0};
    size_t length = record_tape("a.tape", bytes);
    struct cs_tape *tape;
    int count;

    cr_assert_eq(open_bytes(bytes, length + 8, &tape), 0);
    cr_expect_eq(play(tape, &count), -EPROTO);
    cs_tape_close(tape);
    ((struct cs_event *)(bytes + length - sizeof(struct cs_event)))->conn_id++;
    cr_assert_eq(open_bytes(bytes, length, &tape), 0);
    cr_expect_eq(play(tape, &count), -EPROTO);
    cr_expect_eq(count, RECORDS);
    cs_tape_close(tape);
}

Test(tape, survives_any_byte_anywhere)
{
    unsigned char bytes[TAPE_ROOM];
    size_t length = record_tape("a.tape", bytes);
    static const unsigned char values[] = {0x00, 0x01, 0x7f, 0xff};

    for (size_t at = 0; at < length; at++) {
        unsigned char kept = bytes[at];
        struct cs_tape *tape;
        int count;

        bytes[at] = values[at % sizeof(values)];
        if (open_bytes(bytes, length, &tape) == 0) {
            play(tape, &count);
            cr_assert_leq(count, RECORDS);
        }
        cs_tape_close(tape);
        bytes[at] = kept;
    }
}

static void expect_refusal(const void *bytes, size_t length, int error, const char *words)
{
    struct cs_tape *tape;

    said_lines = 0;
    cr_expect_eq(open_bytes(bytes, length, &tape), error, "%s", words);
    cr_expect_null(tape);
    cr_expect_eq(said_lines, 1, "%s", words);
    cr_expect_not_null(strstr(said, words), "%s", said);
}

Test(tape, says_why_it_refuses_a_file)
{
    unsigned char bytes[TAPE_ROOM];
    size_t length = record_tape("a.tape", bytes);
    struct cs_tape_header *header = (struct cs_tape_header *)bytes;

    expect_refusal("", 0, -ENODATA, "is empty");
    expect_refusal("{\"entryType\"", 12, -EPROTO, "is not a connspan tape");
    expect_refusal("CONN", 4, -ENODATA, "cut short in its header");
    header->version = 2;
    expect_refusal(bytes, length, -EPROTO, "a tape of version 2");
    header->version = CS_TAPE_VERSION;
    header->byte_order = 0x04030201;
    expect_refusal(bytes, length, -EPROTO, "other byte order");
    header->byte_order = 7;
    expect_refusal(bytes, length, -EPROTO, "damaged");
    header->byte_order = CS_TAPE_BYTE_ORDER;
    header->header_bytes = 24;
    expect_refusal(bytes, length, -EPROTO, "damaged");
    header->header_bytes = sizeof(*header);
    memset(header->kernel, 'x', sizeof(header->kernel));
    expect_refusal(bytes, length, -EPROTO, "damaged");
}

Test(tape, refuses_directories_and_missing_files)
{
    struct cs_tape *tape = NULL;

    cr_expect_eq(cs_tape_open("/", &log_to_test, &tape), -EISDIR);
    cr_expect_not_null(strstr(said, "directory"), "%s", said);
    cr_expect_eq(cs_tape_open(scratch_path("none"), &log_to_test, &tape), -ENOENT);
    cr_expect_not_null(strstr(said, "No such file"), "%s", said);
    cr_expect_eq(said_lines, 2);
    cr_expect_null(tape);
}

/* Records straddle the reader's buffer, and the file comes in the pieces of a pipe. */
Test(tape, reads_more_than_its_buffer_from_a_pipe)
{
    union ev_chunk chunk = ev_chunk(1, S, STEP_CLIENT_HELLO);
    struct cs_tape_writer *writer;
    struct cs_tape *tape;
    int count;

    mkfifo(scratch_path("fifo"), 0600);
    if (fork() == 0) {
        cs_tape_writer_open(scratch_path("fifo"), &run, NULL, &writer);
        for (int i = 0; i < 2000; i++)
            cs_tape_writer_add(writer, &chunk.event);
        _exit(cs_tape_writer_close(writer) != 0);
    }
    cr_assert_eq(cs_tape_open(scratch_path("fifo"), &log_to_test, &tape), 0);
    cr_expect_eq(play(tape, &count), 0, "%s", said);
    cr_expect_eq(count, 2000);
    cs_tape_close(tape);
}
