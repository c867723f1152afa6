/* SPDX-License-Identifier: MIT */
/*
 * Which parameters of a URL hold secrets by their name. The list is in docs/format.md, too; names
 * are compared without regard to case and to percent-encoding.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

bool cs_secret_is(const char *name, size_t length);
