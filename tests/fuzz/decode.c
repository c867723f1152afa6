/* SPDX-License-Identifier: MIT */
/* Any bytes: what decode lets through can be read to the end of what its kind promises. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/feed/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads what later code reads unchecked; ASan tells when it is not there. */
static size_t touch(const struct cs_event *event)
{
    const struct cs_event_connection *connection = (const void *)event;
    const struct cs_event_chunk *chunk = (const void *)event;
    const struct cs_event_name *name = (const void *)event;
    size_t sum = 0;

    switch (event->kind) {
    case CS_EVENT_CONNECTION:
        return strlen(connection->facts.process.comm) + strlen(connection->facts.process.thread);
    case CS_EVENT_CHUNK:
        for (size_t i = 0; i < chunk->data_bytes; i++)
            sum += chunk->data[i];
        return sum;
    case CS_EVENT_EXECUTABLE:
    case CS_EVENT_CGROUP:
    case CS_EVENT_LIBRARY:
        return strlen(name->text);
    default:
        return ((const uint8_t *)event)[event->size_bytes - 1];
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1); /* aligned, and of its exact size */
    const struct cs_event *event = NULL;
    volatile size_t touched;

    memcpy(copy, data, size);
    if (!cs_decode(copy, size, &event)) {
        assert((const void *)event == copy && event->size_bytes <= size);
        touched = touch(event);
        (void)touched;
    }
    free(copy);
    return 0;
}
