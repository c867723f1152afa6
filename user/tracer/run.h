/* SPDX-License-Identifier: MIT */
/* What the header line says of a run: the host, the clocks, the hooks. */
#pragma once

#include <connspan/tracer.h>

#include "user/tracer/clock.h"

struct cs_run {
    struct connspan_run shown; /* its strings point below, or to constants */
    char host[72];
    char boot_id[40];
    char kernel[72];
};

/* For a live run that starts now. The hooks are "off" until somebody says otherwise. */
void cs_run_here(struct cs_run *run, const struct cs_clock_pair *now);
