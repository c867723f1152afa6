/* SPDX-License-Identifier: MIT */
/*
 * The Trace Event format of Chrome (JSON): what chrome://tracing and ui.perfetto.dev open. A
 * connection is an asynchronous event with its phases nested in it, since many overlap in one
 * thread.
 */
#pragma once

#include "user/sink/sink.h"

extern const struct cs_format cs_trace;
