/* SPDX-License-Identifier: MIT */
/* An owned copy of the caller's filter, whose lists are borrowed only while a tracer opens. */
#pragma once

#include <connspan/tracer.h>

struct cs_filter_copy {
    struct connspan_filter filter;
    char **comms;
    char **cgroups;
};

int cs_filter_copy_init(struct cs_filter_copy *copy, const struct connspan_filter *filter);
void cs_filter_copy_free(struct cs_filter_copy *copy);
