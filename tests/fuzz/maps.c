/* SPDX-License-Identifier: MIT */
/* A line of /proc/PID/maps ends in a path that a container chose. */
#include "user/probe/maps.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cs_mapping mapping;
    char *line = malloc(size + 1);

    memcpy(line, data, size);
    line[size] = '\0';
    if (!cs_mapping_parse(line, &mapping)) {
        assert(mapping.start < mapping.end);
        assert(mapping.path >= line && mapping.path <= line + size);
        assert(!strchr(mapping.path, '\n') || memchr(data, '\n', size) ||
               memmem(data, size, "\\012", 4));
    }
    free(line);
    return 0;
}
