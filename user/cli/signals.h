/* SPDX-License-Identifier: MIT */
/*
 * SIGINT and SIGTERM: the first ends the run in order, a second ends the process at once, also
 * while an output blocks. While a command runs, the terminal's interrupts are its business.
 * SIGHUP is a wish to reopen the outputs, unless it says that our terminal is gone: then an end.
 */
#pragma once

#include <stdbool.h>

/* An fd that is readable once a signal was caught, or -errno. Also ignores SIGPIPE: an output whose
 * reader went away is an error to report. */
int cs_signals_open(void);

/* Whether the outputs are to be opened anew. Asked once: it is forgotten, and the fd with it. */
bool cs_signals_take_reopen(void);

/* The signal that asked for the end; 0: none. */
int cs_signals_caught(void);

/* Whether interrupts typed at the terminal are left to the command, as system(3) does. */
void cs_signals_leave_terminal(bool to_command);
