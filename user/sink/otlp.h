/* SPDX-License-Identifier: MIT */
/*
 * The OTLP file format of OpenTelemetry: JSON lines, a TracesData object each, with one trace per
 * entry. Names are those of its semantic conventions where they have one, else begin with connspan.
 */
#pragma once

#include "user/sink/sink.h"

extern const struct cs_format cs_otlp;
