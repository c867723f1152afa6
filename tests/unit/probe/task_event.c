/* SPDX-License-Identifier: MIT */
/* Records as the kernel lays them out, built byte by byte. */
#include "user/probe/task_event.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct record {
    size_t bytes;
    uint64_t data[64];
};

static struct record begin(uint32_t type, uint16_t misc)
{
    struct record record = {.bytes = sizeof(struct perf_event_header)};
    struct perf_event_header header = {.type = type, .misc = misc};

    memcpy(record.data, &header, sizeof(header));
    return record;
}

static void put(struct record *record, const void *data, size_t bytes)
{
    memcpy((char *)record->data + record->bytes, data, bytes);
    record->bytes += bytes;
}

static void put32(struct record *record, uint32_t value)
{
    put(record, &value, sizeof(value));
}

static void put64(struct record *record, uint64_t value)
{
    put(record, &value, sizeof(value));
}

/* Texts are padded to eight bytes, as the kernel does. */
static void put_text(struct record *record, const char *text)
{
    char padded[256] = "";

    strcpy(padded, text);
    put(record, padded, (strlen(text) + 8) & ~7UL);
}

static struct record mmap_record(const char *path)
{
    struct record record = begin(PERF_RECORD_MMAP2, PERF_RECORD_MISC_USER);

    put32(&record, 100);
    put32(&record, 101);
    put64(&record, 0x7f0000021000);
    put64(&record, 0x5c000);
    put64(&record, 0x21000);
    put32(&record, 8);
    put32(&record, 1);
    put64(&record, 4242);
    put64(&record, 77777); /* generation */
    put32(&record, PROT_READ | PROT_EXEC);
    put32(&record, MAP_PRIVATE);
    put_text(&record, path);
    put64(&record, 777);
    return record;
}

Test(task_event, mmap)
{
    struct record record = mmap_record("/usr/lib/libssl.so.3");
    struct cs_task_event event;

    cr_assert_eq(cs_task_event_parse(record.data, record.bytes, &event), 0);
    cr_expect_eq(event.kind, CS_TASK_MMAP);
    cr_expect_eq(event.pid, 100);
    cr_expect_eq(event.tid, 101);
    cr_expect_eq(event.time_ns, 777);
    cr_expect_eq(event.mapping.start, 0x7f0000021000);
    cr_expect_eq(event.mapping.end, 0x7f000007d000);
    cr_expect_eq(event.mapping.offset, 0x21000);
    cr_expect_eq(event.mapping.major, 8);
    cr_expect_eq(event.mapping.minor, 1);
    cr_expect_eq(event.mapping.inode, 4242);
    cr_expect_eq(event.mapping.generation, 77777);
    cr_expect(event.mapping.executable);
    cr_expect_str_eq(event.mapping.path, "/usr/lib/libssl.so.3");
}

Test(task_event, mmap_of_a_deleted_file)
{
    struct record record = mmap_record("/tmp/libnetty (deleted)");
    struct cs_task_event event;

    cr_assert_eq(cs_task_event_parse(record.data, record.bytes, &event), 0);
    cr_expect(event.mapping.deleted);
    cr_expect_str_eq(event.mapping.path, "/tmp/libnetty");
}

Test(task_event, exec_but_no_renaming)
{
    struct record record = begin(PERF_RECORD_COMM, PERF_RECORD_MISC_COMM_EXEC);
    struct record renamed = begin(PERF_RECORD_COMM, PERF_RECORD_MISC_USER);
    struct cs_task_event event;

    for (int i = 0; i < 2; i++) {
        struct record *filled = i ? &renamed : &record;

        put32(filled, 100);
        put32(filled, 100);
        put_text(filled, "curl");
        put64(filled, 778);
    }
    cr_assert_eq(cs_task_event_parse(record.data, record.bytes, &event), 0);
    cr_expect_eq(event.kind, CS_TASK_EXEC);
    cr_expect_str_eq(event.comm, "curl");
    cr_expect_eq(cs_task_event_parse(renamed.data, renamed.bytes, &event), -ENOENT);
}

static struct record task_record(uint32_t type)
{
    struct record record = begin(type, 0);

    put32(&record, 200); /* pid */
    put32(&record, 100); /* of the parent */
    put32(&record, 200);
    put32(&record, 101);
    put64(&record, 700);
    put64(&record, 779);
    return record;
}

Test(task_event, fork_and_exit)
{
    struct record made = task_record(PERF_RECORD_FORK), ended = task_record(PERF_RECORD_EXIT);
    struct cs_task_event event;

    cr_assert_eq(cs_task_event_parse(made.data, made.bytes, &event), 0);
    cr_expect_eq(event.kind, CS_TASK_FORK);
    cr_expect_eq(event.pid, 200);
    cr_expect_eq(event.parent, 100);
    cr_expect_eq(event.time_ns, 779);
    cr_assert_eq(cs_task_event_parse(ended.data, ended.bytes, &event), 0);
    cr_expect_eq(event.kind, CS_TASK_EXIT);
}

Test(task_event, lost)
{
    struct record record = begin(PERF_RECORD_LOST, 0);
    struct cs_task_event event;

    put64(&record, 5); /* id */
    put64(&record, 31);
    put64(&record, 780);
    cr_assert_eq(cs_task_event_parse(record.data, record.bytes, &event), 0);
    cr_expect_eq(event.kind, CS_TASK_LOST);
    cr_expect_eq(event.lost, 31);
}

/* Every length of every kind: no answer may come from beyond the end; the sanitizers watch. */
Test(task_event, cut_off)
{
    static const uint32_t types[] = {PERF_RECORD_MMAP2, PERF_RECORD_COMM, PERF_RECORD_FORK,
                                     PERF_RECORD_LOST, PERF_RECORD_SAMPLE};
    struct record whole = mmap_record("/usr/lib/libssl.so.3");

    for (size_t type = 0; type < sizeof(types) / sizeof(*types); type++) {
        for (size_t bytes = 0; bytes < whole.bytes; bytes++) {
            struct cs_task_event event = {.pid = 42};
            char *exact = malloc(bytes + 1);
            int err;

            memcpy(whole.data, &types[type], sizeof(types[type]));
            memcpy(exact, whole.data, bytes);
            exact = realloc(exact, bytes ? bytes : 1);
            err = cs_task_event_parse(exact, bytes, &event);
            if (types[type] == PERF_RECORD_MMAP2 && bytes < 96)
                cr_expect_eq(err, -EINVAL, "%zu", bytes);
            if (err)
                cr_expect_eq(event.pid, 42, "untouched on failure");
            free(exact);
        }
    }
}
