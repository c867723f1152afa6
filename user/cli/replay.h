/* SPDX-License-Identifier: MIT */
/* `connspan replay`: the same pipeline from a recorded tape; needs no root. */
#pragma once

#include "user/cli/options.h"

/* The exit status. */
int cs_replay(const struct cs_options *options);
