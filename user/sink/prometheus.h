/* SPDX-License-Identifier: MIT */
/*
 * The text exposition format of Prometheus, for the textfile collector of its node exporter: what
 * connections were counted and how long they took, since the start of the run. Labels are bounded:
 * after the first processes, the rest is "other".
 */
#pragma once

#include "user/sink/sink.h"

extern const struct cs_format cs_prometheus;
