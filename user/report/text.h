/* SPDX-License-Identifier: MIT */
/* What the parts of the text report share. */
#pragma once

#include "user/report/report.h"

#define CS_TEXT_BOLD  "\033[1m"
#define CS_TEXT_PLAIN "\033[0m"

struct cs_text {
    struct cs_report_out *out;
    bool colour;
    bool later; /* the tables have a column of what failed later: some did */
    size_t columns;
};

void cs_text_colour(struct cs_text *text, const char *colour); /* nothing without colours */

/* The slowest connections as bars over one axis. 0 or -ENOMEM. */
int cs_text_slowest(struct cs_text *text, const struct connspan_report *report);
