/* SPDX-License-Identifier: MIT */
/* The table format: one line per connection for people. Not for programs: its columns may change.
 */
#pragma once

#include "user/sink/sink.h"

extern const struct cs_format cs_table;
