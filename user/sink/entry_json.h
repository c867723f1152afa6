/* SPDX-License-Identifier: MIT */
/* An entry as one JSON object: what the NDJSON format and connspan_entry_json() share. */
#pragma once

#include <connspan/entry.h>

#include "user/base/buf.h"

void cs_entry_json(struct cs_buf *out, const struct connspan_entry *entry);

/* The name of an outcome, as in `connection.outcome`. */
const char *cs_outcome_name(enum connspan_outcome outcome);
/* "client", "server": as in `connection.role`. */
const char *cs_role_name(enum connspan_role role);
