/* SPDX-License-Identifier: MIT */
/*
 * The HAR format 1.2: what browsers' network panels open. HTTP is not seen: a connection is an
 * entry whose request and response are empty; all we know stands in its `_connspan`.
 */
#pragma once

#include "user/sink/sink.h"

extern const struct cs_format cs_har;
