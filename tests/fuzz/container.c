/* SPDX-License-Identifier: MIT */
/* The path of a cgroup is named by whoever may make cgroups, a container among them. */
#include "user/entry/container.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *path = malloc(size + 1);
    char id[CS_CONTAINER_ID_BYTES];

    memcpy(path, data, size);
    path[size] = '\0';
    if (cs_container_id(path, id)) {
        assert(strspn(id, "0123456789abcdef") == CS_CONTAINER_ID_BYTES - 1);
        assert(strlen(id) == CS_CONTAINER_ID_BYTES - 1 && strstr(path, id));
    }
    free(path);
    return 0;
}
