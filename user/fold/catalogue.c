/* SPDX-License-Identifier: MIT */
/* Three tables of names, and which event belongs to which. */
#include "user/fold/catalogue.h"

enum {
    EXECUTABLES_BYTES = 8 << 20, /* some 80,000 processes */
    CGROUPS_BYTES = 2 << 20,
    LIBRARIES_BYTES = 1 << 20,
};

void cs_catalogue_init(struct cs_catalogue *catalogue)
{
    cs_names_init(&catalogue->executables, EXECUTABLES_BYTES);
    cs_names_init(&catalogue->cgroups, CGROUPS_BYTES);
    cs_names_init(&catalogue->libraries, LIBRARIES_BYTES);
}

void cs_catalogue_free(struct cs_catalogue *catalogue)
{
    cs_names_free(&catalogue->executables);
    cs_names_free(&catalogue->cgroups);
    cs_names_free(&catalogue->libraries);
}

static struct cs_names *table_of(struct cs_catalogue *catalogue, __u16 kind)
{
    if (kind == CS_EVENT_EXECUTABLE)
        return &catalogue->executables;
    return kind == CS_EVENT_CGROUP ? &catalogue->cgroups : &catalogue->libraries;
}

void cs_catalogue_learn(struct cs_catalogue *catalogue, const struct cs_event_name *event)
{
    struct cs_names *table = table_of(catalogue, event->event.kind);

    cs_names_put(table, event->number, event->text);
}
