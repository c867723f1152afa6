/* SPDX-License-Identifier: MIT */
/* What the terminal behind an fd allows: colour, width, redrawing a line. */
#pragma once

#include <stdbool.h>

/* On a terminal, unless NO_COLOR is set and not empty (no-color.org), CLICOLOR is 0 or TERM dumb.
 */
bool cs_terminal_colour(int fd);

/* 0: no terminal, or it does not say. */
int cs_terminal_columns(int fd);

/* A terminal that knows escapes and whose foreground is ours, so that no shell is typed into. */
bool cs_terminal_redraws(int fd);
