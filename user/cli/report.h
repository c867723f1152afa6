/* SPDX-License-Identifier: MIT */
/* `connspan report`: reads entry files back and tells what they hold; needs no root. */
#pragma once

#include "user/cli/console.h"
#include "user/cli/options.h"

/* The exit status. */
int cs_report(const struct cs_options *options);

/* Whether a page may be written to `path`: what is no page is not replaced. 0 or -errno, described.
 */
int cs_report_page_check(const char *path, struct cs_console *console);

/* Writes the page to `path`: all of it, or what was there stays. 0 or -errno, described. */
int cs_report_page(const struct connspan_report *report, const struct connspan_report_style *style,
                   const char *path, struct cs_console *console);
