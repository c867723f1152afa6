/* SPDX-License-Identifier: MIT */
/* Colour and width, on a pseudo terminal and off it. */
#include "user/cli/terminal.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int open_terminal(void)
{
    struct winsize size = {.ws_row = 24, .ws_col = 97};
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    int terminal;

    cr_assert(master >= 0 && !grantpt(master) && !unlockpt(master));
    terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
    cr_assert(terminal >= 0 && !ioctl(master, TIOCSWINSZ, &size));
    unsetenv("NO_COLOR");
    unsetenv("CLICOLOR");
    setenv("TERM", "xterm", 1);
    return terminal;
}

Test(terminal, colour_only_where_it_is_wanted)
{
    int terminal = open_terminal();
    int file = open("/dev/null", O_WRONLY);

    cr_expect(cs_terminal_colour(terminal));
    cr_expect_not(cs_terminal_colour(file));
    setenv("NO_COLOR", "", 1);
    cr_expect(cs_terminal_colour(terminal), "empty means unset");
    setenv("NO_COLOR", "1", 1);
    cr_expect_not(cs_terminal_colour(terminal));
    unsetenv("NO_COLOR");
    setenv("CLICOLOR", "0", 1);
    cr_expect_not(cs_terminal_colour(terminal));
    setenv("CLICOLOR", "1", 1);
    cr_expect(cs_terminal_colour(terminal));
    setenv("TERM", "dumb", 1);
    cr_expect_not(cs_terminal_colour(terminal));
}

Test(terminal, width)
{
    cr_expect_eq(cs_terminal_columns(open_terminal()), 97);
    cr_expect_eq(cs_terminal_columns(open("/dev/null", O_WRONLY)), 0);
}

Test(terminal, no_redraw_on_a_terminal_that_is_not_ours)
{
    cr_expect_not(cs_terminal_redraws(open_terminal()));
    cr_expect_not(cs_terminal_redraws(open("/dev/null", O_WRONLY)));
}
