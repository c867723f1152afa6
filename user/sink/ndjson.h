/* SPDX-License-Identifier: MIT */
/* The NDJSON format: one JSON object per line. docs/entry.schema.json is its exact form. */
#pragma once

#include "user/sink/sink.h"

extern const struct cs_format cs_ndjson;
