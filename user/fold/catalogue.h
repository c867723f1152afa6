/* SPDX-License-Identifier: MIT */
/* What the host's numbers mean: the program of a pid, the path of a cgroup id, the file of a
 * library number. Learned from events, each table bounded. */
#pragma once

#include "include/wire/event.h"
#include "user/fold/names.h"

struct cs_catalogue {
    struct cs_names executables;
    struct cs_names cgroups;
    struct cs_names libraries;
};

void cs_catalogue_init(struct cs_catalogue *catalogue);
/* An EXECUTABLE, CGROUP or LIBRARY event. */
void cs_catalogue_learn(struct cs_catalogue *catalogue, const struct cs_event_name *event);
void cs_catalogue_free(struct cs_catalogue *catalogue);
