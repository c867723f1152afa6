/* SPDX-License-Identifier: MIT */
/* `connspan observe`: entries of a running `record --listen`, as they come. */
#pragma once

#include "user/cli/options.h"

/* The exit status. */
int cs_observe(const struct cs_options *options);
