/* SPDX-License-Identifier: MIT */
/* A record of a connection in progress, stored where it belongs; what it means then is outcome.c's.
 */
#pragma once

#include "user/fold/pending.h"

/* Of a kind that tells of no connection in progress nothing is stored. */
void cs_arrival_store(struct cs_pending *pending, const struct cs_event *event);
