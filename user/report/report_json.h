/* SPDX-License-Identifier: MIT */
/* Parts of the JSON report that the page has, too. */
#pragma once

#include "user/report/report.h"

/* Keys and values without the braces around them. */
void cs_report_json_summary(struct cs_buf *out, const struct connspan_report *report);

/* The tables, with commas between. 0 or -ENOMEM. */
int cs_report_json_tables(struct cs_report_out *out, const struct connspan_report *report,
                          uint32_t limit);
