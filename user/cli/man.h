/* SPDX-License-Identifier: MIT */
/* The manual page connspan(8), made from the option and command rows when the project is built. */
#pragma once

#include <stdio.h>

void cs_man_write(FILE *to);
