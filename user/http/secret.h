/* SPDX-License-Identifier: MIT */
/*
 * Which parameters of a URL hold secrets by their name. Names are compared without regard to case,
 * "-", "_", percent-encoding and what they are a part of. It knows nothing of values.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

bool cs_secret_is(const char *name, size_t length);
