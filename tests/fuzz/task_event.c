/* SPDX-License-Identifier: MIT */
/*
 * Records of perf_event_open(2), and what is kept of them. Their paths and names are chosen by
 * containers, and end before the time does. An input is records one behind another, each with its
 * perf_event_header; the ring gives them aligned, and never half.
 */
#include "user/probe/executables.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_inside(const char *text, const char *record, size_t bytes)
{
    return text >= record && memchr(text, '\0', bytes - (size_t)(text - record));
}

static void note(struct cs_executables *executables, char *record, size_t bytes)
{
    struct cs_task_event event;

    if (cs_task_event_parse(record, bytes, &event))
        return;
    assert(event.kind != CS_TASK_MMAP || is_inside(event.mapping.path, record, bytes));
    assert(event.kind != CS_TASK_EXEC || is_inside(event.comm, record, bytes));
    cs_executables_note(executables, &event);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cs_executables *executables; /* one for all, as in a long run: it is large */
    struct perf_event_header header;

    if (!executables)
        executables = cs_executables_new();
    assert(executables);
    while (size >= sizeof(header)) {
        size_t bytes;
        char *record;

        memcpy(&header, data, sizeof(header));
        bytes = header.size > sizeof(header) ? header.size : sizeof(header);
        if (bytes > size)
            bytes = size;
        record = malloc(bytes); /* of its own: a byte too far is seen */
        assert(record);
        memcpy(record, data, bytes);
        note(executables, record, bytes);
        free(record);
        data += bytes;
        size -= bytes;
    }
    return 0;
}
