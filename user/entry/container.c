/* SPDX-License-Identifier: MIT */
/* No engine is known by name: 64 hex digits, set off on both sides, are an id. */
#include "user/entry/container.h"

#include <ctype.h>
#include <string.h>

static const char digits[] = "0123456789abcdef";

const char *cs_container_id(const char *cgroup, char id[CS_CONTAINER_ID_BYTES])
{
    const char *found = NULL;
    const char *at = cgroup;

    while (*at) {
        size_t run = strspn(at, digits);
        int set_off =
            (at == cgroup || !isalnum((unsigned char)at[-1])) && !isalnum((unsigned char)at[run]);

        if (run == CS_CONTAINER_ID_BYTES - 1 && set_off)
            found = at;
        at += run + (at[run] != '\0');
    }
    if (!found)
        return NULL;
    memcpy(id, found, CS_CONTAINER_ID_BYTES - 1);
    id[CS_CONTAINER_ID_BYTES - 1] = '\0';
    return id;
}
