/* SPDX-License-Identifier: MIT */
/* `connspan record`: traces this host, or a command and its tree, until told to stop. */
#pragma once

#include "user/cli/options.h"

/* The exit status. */
int cs_record(const struct cs_options *options);
