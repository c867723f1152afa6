/* SPDX-License-Identifier: MIT */
/* A line of /proc/PID/mountinfo holds paths and sources that a container chose. */
#include "user/probe/cgroup_root.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *line = malloc(size + 1);
    char *point;

    memcpy(line, data, size);
    line[size] = '\0';
    point = cs_cgroup_mount_point(line);
    if (point) {
        assert(memmem(data, size, " - cgroup2 ", 11));
        assert(point > line && point + strlen(point) <= line + size);
        assert(!strchr(point, ' ') || memchr(data, '\\', size));
    }
    free(line);
    return 0;
}
