/* SPDX-License-Identifier: MIT */
/* What --help says, made from the option and command rows. */
#pragma once

#include <stdio.h>

#include "user/cli/options.h"

/* The commands, in a few lines: for `connspan` alone. */
void cs_help_short(FILE *to);

/* One command with its options; CS_VERB_NONE: the program as a whole. */
void cs_help(FILE *to, enum cs_verb verb);
