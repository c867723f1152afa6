/* SPDX-License-Identifier: MIT */
/*
 * Tells the pipeline the names that a record only numbers: before a connection goes in, the program
 * its process runs and the path of its cgroup, each once. So a tape holds all an entry needs.
 */
#pragma once

#include "user/base/map.h"
#include "user/probe/cgroups.h"
#include "user/probe/executables.h"
#include "user/tracer/pipeline.h"

struct cs_informant {
    struct cs_pipeline *pipeline;
    struct cs_executables *executables;
    struct cs_cgroups *cgroups;     /* NULL: no v2 hierarchy to be found */
    struct cs_map told_executables; /* tgid -> fingerprint of the path told last */
    struct cs_map told_cgroups;
};

/* The process that an entry made of this record, not decoded yet, would show; NULL: none. */
const struct cs_process *cs_informant_process(const void *record, size_t length);
/* Call it with every such process before its record goes into the pipeline. */
void cs_informant_see(struct cs_informant *informant, const struct cs_process *process);

/* One name record. */
void cs_informant_tell(struct cs_pipeline *pipeline, enum cs_event_kind kind, uint64_t number,
                       const char *text);
void cs_informant_free(struct cs_informant *informant); /* only what it made itself */
