/* SPDX-License-Identifier: MIT */
/* What a tape writer leaves on the disk, and what it counts. Reading it back is tape.c's test. */
#include "user/feed/tape_writer.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/harness/dns_build.h"
#include "tests/harness/events.h"
#include "tests/harness/scratch.h"
#include "user/feed/tape.h"

static const struct connspan_run run = {.host = "host", .kernel = "6.18.44"};

TestSuite(tape_writer, .fini = scratch_remove);

Test(tape_writer, creates_a_file_for_its_owner_only)
{
    struct cs_tape_writer *writer;
    struct stat st;

    cr_assert_eq(cs_tape_writer_open(scratch_path("t"), &run, NULL, &writer), 0);
    cr_assert_eq(cs_tape_writer_close(writer), 0);
    cr_assert_eq(stat(scratch_path("t"), &st), 0);
    cr_expect_eq(st.st_mode & 07777, 0600);
    cr_expect_eq(st.st_size, sizeof(struct cs_tape_header) + sizeof(struct cs_event));
}

Test(tape_writer, cuts_long_texts)
{
    char name[200];
    struct connspan_run wide = run;
    struct cs_tape_writer *writer;
    struct connspan_run read = {0};
    struct cs_tape *tape;

    memset(name, 'h', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    wide.host = name;
    cr_assert_eq(cs_tape_writer_open(scratch_path("t"), &wide, NULL, &writer), 0);
    cs_tape_writer_close(writer);
    cr_assert_eq(cs_tape_open(scratch_path("t"), NULL, &tape), 0);
    cs_tape_run(tape, &read);
    cr_expect_eq(strlen(read.host), 71);
    cs_tape_close(tape);
}

/* A ring record is of a size class: behind the data lies what other records left there. */
Test(tape_writer, keeps_only_captured_bytes_of_a_chunk)
{
    union ev_chunk chunk = ev_payload(1, S, "hello");
    struct cs_tape_writer *writer;
    const struct cs_event *event;
    struct cs_tape *tape;

    chunk.event.size_bytes = sizeof(struct cs_event_chunk) + CS_CHUNK_SMALL_BYTES;
    memset(chunk.chunk.data + 5, 'S', CS_CHUNK_SMALL_BYTES - 5);
    cr_assert_eq(cs_tape_writer_open(scratch_path("t"), &run, NULL, &writer), 0);
    cs_tape_writer_add(writer, &chunk.event);
    cs_tape_writer_close(writer);
    cr_assert_eq(cs_tape_open(scratch_path("t"), NULL, &tape), 0);
    cr_assert_eq(cs_tape_next(tape, &event), 1);
    cr_expect_eq(event->size_bytes, sizeof(struct cs_event_chunk) + 8);
    cr_expect_arr_eq(((const struct cs_event_chunk *)event)->data, "hello\0\0\0", 8);
    cs_tape_close(tape);
}

/* What the fold gets stays whole: the tape's copy is redacted. */
Test(tape_writer, keeps_no_password)
{
    union ev_chunk chunk = ev_payload(1, S, "\x01\x04user\x06secret");
    struct cs_tape_writer *writer;
    char *tape;

    cr_assert_eq(cs_tape_writer_open(scratch_path("t"), &run, NULL, &writer), 0);
    cs_tape_writer_add(writer, &chunk.event);
    cs_tape_writer_close(writer);
    tape = scratch_read("t");
    cr_expect_null(
        memmem(tape, sizeof(struct cs_tape_header) + chunk.event.size_bytes, "secret", 6));
    cr_expect_arr_eq(chunk.chunk.data + 7, "secret", 6);
    free(tape);
}

/* Port 53 may be anybody's. */
Test(tape_writer, keeps_nothing_that_is_no_dns)
{
    struct dns_bytes bytes = {.data = "a secret datagram", .length = 17};
    union ev_dns dns = ev_query(S, bytes);
    struct cs_tape_writer *writer;
    const struct cs_event *event;
    struct cs_tape *tape;

    memset(dns.dns.data + bytes.length, 'S', 7);
    cr_assert_eq(cs_tape_writer_open(scratch_path("t"), &run, NULL, &writer), 0);
    cs_tape_writer_add(writer, &dns.event);
    cs_tape_writer_close(writer);
    cr_assert_eq(cs_tape_open(scratch_path("t"), NULL, &tape), 0);
    cr_assert_eq(cs_tape_next(tape, &event), 1);
    cr_expect_eq(event->size_bytes, dns.event.size_bytes);
    cr_expect_arr_eq(((const struct cs_event_dns *)event)->data, "xxxxxxxxxxxxxxxxx\0\0\0\0\0\0\0",
                     24);
    cs_tape_close(tape);
}

Test(tape_writer, overwrites_tapes_and_nothing_else)
{
    struct cs_tape_writer *writer;
    struct stat st;
    char *kept;

    for (int turn = 0; turn < 2; turn++) {
        cr_assert_eq(cs_tape_writer_open(scratch_path("t"), &run, NULL, &writer), 0);
        cs_tape_writer_close(writer);
    }
    stat(scratch_path("t"), &st);
    cr_expect_eq(st.st_size, sizeof(struct cs_tape_header) + sizeof(struct cs_event));
    scratch_write("notes.txt", "dear diary\n", 0600);
    cr_expect_eq(cs_tape_writer_open(scratch_path("notes.txt"), &run, NULL, &writer), -EEXIST);
    kept = scratch_read("notes.txt");
    cr_expect_str_eq(kept, "dear diary\n");
    free(kept);
}

Test(tape_writer, counts_what_a_full_disk_does_not_take)
{
    union ev_chunk chunk = ev_chunk(1, S, STEP_CLIENT_HELLO);
    struct cs_tape_writer *writer;
    __u64 lost;

    cr_assert_eq(cs_tape_writer_open("/dev/full", &run, NULL, &writer), 0);
    for (int i = 0; i < 50000; i++)
        cs_tape_writer_add(writer, &chunk.event);
    lost = cs_tape_writer_lost(writer);
    cr_expect_gt(lost, 0);
    cr_expect_lt(lost, 50000);
    cr_expect_eq(cs_tape_writer_lost(writer), lost, "a total, not a difference");
    cr_expect_eq(cs_tape_writer_flush(writer), -ENOSPC);
    cr_expect_eq(cs_tape_writer_close(writer), -ENOSPC);
}
