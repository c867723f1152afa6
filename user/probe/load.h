/* SPDX-License-Identifier: MIT */
/* One attempt at loading the BPF programs: sizes, knobs, which programs; nothing is attached. */
#pragma once

#include "user/probe/hooks.h"

/* `features`: a set of enum cs_feature (plan.h). 0 or -errno, not said: the caller may try less. */
int cs_load(unsigned features, const struct cs_hooks_options *options, const struct cs_caps *caps,
            struct hooks **skeleton);

/* The same without the load: its sizes, knobs and programs are set. */
int cs_load_prepare(unsigned features, const struct cs_hooks_options *options,
                    const struct cs_caps *caps, struct hooks **skeleton);

/* Where this thread's libbpf messages go, as debug lines; NULL: nowhere. */
void cs_load_log(const struct cs_log *log);
