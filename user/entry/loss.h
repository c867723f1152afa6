/* SPDX-License-Identifier: MIT */
/* The counters of enum cs_loss: their names in the stats line, and which of them mean that
 * something is missing from the output. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "include/wire/event.h"

const char *cs_loss_name(enum cs_loss loss);

/* False: counted and said, but no record or entry is missing because of it. */
bool cs_loss_is_dropped(enum cs_loss loss);

/* `dropped` of the stats line. */
uint64_t cs_loss_sum(const uint64_t totals[CS_LOSS_COUNT]);
