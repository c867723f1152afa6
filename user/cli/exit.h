/* SPDX-License-Identifier: MIT */
/* What our exit status says; scripts depend on it. A command run by record passes on its own. */
#pragma once

enum cs_exit {
    CS_EXIT_OK = 0,
    CS_EXIT_FAILED = 1,
    CS_EXIT_USAGE = 2,
    CS_EXIT_UNTRACEABLE = 3,
    CS_EXIT_NOT_EXECUTABLE = 126,
    CS_EXIT_NOT_FOUND = 127,
    CS_EXIT_SIGNAL = 128, /* + the signal's number */
};
