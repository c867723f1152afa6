/* SPDX-License-Identifier: MIT */
/* Asks the terminal and the environment; keeps nothing. */
#include "user/cli/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool is_dumb(void)
{
    const char *term = getenv("TERM");

    return !term || !*term || !strcmp(term, "dumb");
}

bool cs_terminal_colour(int fd)
{
    const char *no_color = getenv("NO_COLOR");
    const char *clicolor = getenv("CLICOLOR");

    if ((no_color && *no_color) || (clicolor && !strcmp(clicolor, "0")))
        return false;
    return isatty(fd) && !is_dumb();
}

int cs_terminal_columns(int fd)
{
    struct winsize size;

    return ioctl(fd, TIOCGWINSZ, &size) ? 0 : size.ws_col;
}

bool cs_terminal_redraws(int fd)
{
    return isatty(fd) && !is_dumb() && tcgetpgrp(fd) == getpgrp();
}
