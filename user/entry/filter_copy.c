/* SPDX-License-Identifier: MIT */
/* Copies four lists. */
#include "user/entry/filter_copy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static char **copy_texts(const char *const *texts, size_t count)
{
    char **copy = calloc(count + 1, sizeof(*copy)); /* one more: an empty list is no failure */

    for (size_t i = 0; copy && i < count; i++) {
        copy[i] = strdup(texts[i]);
        if (!copy[i]) {
            while (i)
                free(copy[--i]);
            free(copy);
            return NULL;
        }
    }
    return copy;
}

static void free_texts(char **texts, size_t count)
{
    for (size_t i = 0; texts && i < count; i++)
        free(texts[i]);
    free(texts);
}

static void *copy_array(const void *from, size_t count, size_t size)
{
    void *copy = calloc(count + 1, size);

    if (copy && count)
        memcpy(copy, from, count * size);
    return copy;
}

int cs_filter_copy_init(struct cs_filter_copy *copy, const struct connspan_filter *filter)
{
    struct cs_filter_copy made = {.filter = *filter};

    made.comms = copy_texts(filter->comms, filter->comm_count);
    made.cgroups = copy_texts(filter->cgroups, filter->cgroup_count);
    made.filter.comms = (const char *const *)made.comms;
    made.filter.cgroups = (const char *const *)made.cgroups;
    made.filter.pids = copy_array(filter->pids, filter->pid_count, sizeof(*filter->pids));
    made.filter.ports = copy_array(filter->ports, filter->port_count, sizeof(*filter->ports));
    if (!made.comms || !made.cgroups || !made.filter.pids || !made.filter.ports) {
        cs_filter_copy_free(&made);
        return -ENOMEM;
    }
    *copy = made;
    return 0;
}

void cs_filter_copy_free(struct cs_filter_copy *copy)
{
    free_texts(copy->comms, copy->filter.comm_count);
    free_texts(copy->cgroups, copy->filter.cgroup_count);
    free((void *)copy->filter.pids);
    free((void *)copy->filter.ports);
    *copy = (struct cs_filter_copy){0};
}
