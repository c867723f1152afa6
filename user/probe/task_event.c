/* SPDX-License-Identifier: MIT */
/* Layouts: perf_event_open(2), enum perf_event_type in linux/perf_event.h. */
#include "user/probe/task_event.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

struct mmap2_record {
    struct perf_event_header header;
    uint32_t pid, tid;
    uint64_t address, length, page_offset;
    uint32_t major, minor;
    uint64_t inode, inode_generation;
    uint32_t protection, flags;
    char path[];
};

struct comm_record {
    struct perf_event_header header;
    uint32_t pid, tid;
    char comm[];
};

struct task_record { /* FORK, EXIT */
    struct perf_event_header header;
    uint32_t pid, parent, tid, parent_tid;
    uint64_t time;
};

struct lost_record {
    struct perf_event_header header;
    uint64_t id, lost;
};

enum { TIME_BYTES = sizeof(uint64_t) };

struct perf_event_attr cs_task_event_attr(uint32_t wakeup_bytes)
{
    return (struct perf_event_attr){
        .size = sizeof(struct perf_event_attr),
        .type = PERF_TYPE_SOFTWARE,
        .config = PERF_COUNT_SW_DUMMY,
        .sample_type = PERF_SAMPLE_TIME, /* with sample_id_all: the last 8 bytes of all records */
        .sample_id_all = 1,
        .mmap = 1,
        .mmap2 = 1, /* without mmap_data: PROT_EXEC only */
        .comm = 1,
        .comm_exec = 1,
        .task = 1,
        .use_clockid = 1,
        .clockid = CLOCK_MONOTONIC,
        .watermark = 1,
        .wakeup_watermark = wakeup_bytes,
    };
}

uint64_t cs_task_event_time(const void *record, size_t bytes)
{
    uint64_t time = 0;

    if (bytes >= sizeof(struct perf_event_header) + TIME_BYTES)
        memcpy(&time, (const char *)record + bytes - TIME_BYTES, sizeof(time));
    return time;
}

/* Is there a NUL-terminated text between the fixed part and the time at the end? */
static bool has_text(const char *text, const void *record, size_t bytes)
{
    const char *end = (const char *)record + bytes - TIME_BYTES;

    return text < end && memchr(text, '\0', (size_t)(end - text));
}

static int parse_mmap(struct mmap2_record *record, size_t bytes, struct cs_task_event *event)
{
    struct cs_mapping *mapping = &event->mapping;

    if (bytes < sizeof(*record) + TIME_BYTES || !has_text(record->path, record, bytes))
        return -EINVAL;
    event->kind = CS_TASK_MMAP;
    event->pid = record->pid;
    event->tid = record->tid;
    *mapping = (struct cs_mapping){
        .start = record->address,
        .end = record->address + record->length,
        .offset = record->page_offset,
        .inode = record->inode,
        .major = record->major,
        .minor = record->minor,
        .generation = record->inode_generation,
        .executable = (record->protection & PROT_EXEC) != 0,
        .path = record->path,
    };
    mapping->deleted = cs_mapping_cut_deleted(record->path);
    return 0;
}

static int parse_comm(const struct comm_record *record, size_t bytes, struct cs_task_event *event)
{
    if (bytes < sizeof(*record) + TIME_BYTES || !has_text(record->comm, record, bytes))
        return -EINVAL;
    if (!(record->header.misc & PERF_RECORD_MISC_COMM_EXEC))
        return -ENOENT; /* prctl(PR_SET_NAME) */
    event->kind = CS_TASK_EXEC;
    event->pid = record->pid;
    event->tid = record->tid;
    event->comm = record->comm;
    return 0;
}

static int parse_task(const struct task_record *record, size_t bytes, struct cs_task_event *event)
{
    if (bytes < sizeof(*record))
        return -EINVAL;
    event->kind = record->header.type == PERF_RECORD_FORK ? CS_TASK_FORK : CS_TASK_EXIT;
    event->pid = record->pid;
    event->tid = record->tid;
    event->parent = record->parent;
    return 0;
}

static int parse_lost(const struct lost_record *record, size_t bytes, struct cs_task_event *event)
{
    if (bytes < sizeof(*record))
        return -EINVAL;
    event->kind = CS_TASK_LOST;
    event->lost = record->lost;
    return 0;
}

int cs_task_event_parse(void *record, size_t bytes, struct cs_task_event *event)
{
    const struct perf_event_header *header = record;
    struct cs_task_event read = {.time_ns = cs_task_event_time(record, bytes)};
    int err = -ENOENT;

    if (bytes < sizeof(*header))
        return -EINVAL;
    switch (header->type) {
    case PERF_RECORD_MMAP2:
        err = parse_mmap(record, bytes, &read);
        break;
    case PERF_RECORD_COMM:
        err = parse_comm(record, bytes, &read);
        break;
    case PERF_RECORD_FORK:
    case PERF_RECORD_EXIT:
        err = parse_task(record, bytes, &read);
        break;
    case PERF_RECORD_LOST:
        err = parse_lost(record, bytes, &read);
        break;
    }
    if (!err)
        *event = read;
    return err;
}
