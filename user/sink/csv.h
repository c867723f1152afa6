/* SPDX-License-Identifier: MIT */
/* The CSV format (RFC 4180): a title row, then one row per entry. New columns come at the end. */
#pragma once

#include "user/sink/sink.h"

extern const struct cs_format cs_csv;
